import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { bundleStack } from "../src/index.ts";
import { objectsOf } from "../src/stack-deploy.ts";
import { overrideOf } from "../src/stack-objects.ts";

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "machinist-stack-"));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

const files = async (contents: { readonly [name: string]: string }) => {
  for (const [name, text] of Object.entries(contents)) {
    await mkdir(dirname(join(folder, name)), { recursive: true });
    await writeFile(join(folder, name), text);
  }
};
const bundle = (more: { envFiles?: string[]; env?: string[] } = {}, environment = {}) =>
  bundleStack({ files: [join(folder, "stack.yaml")], ...more }, { environment });

describe("a stack's variables", () => {
  it("are those of its env file that its files use, as compose reads them", async () => {
    await files({
      "stack.yaml":
        'services: { a: { image: "x:${TAG:-1}", environment: { H: $HOST, C: "${CERT}", T: "$TABBED", D: "$$PLAIN" } } }\n',
      ".env":
        'DOMAIN=example.com\nHOST=app.${DOMAIN}\nCERT="one\ntwo"\nTABBED="x\\ty"\nPLAIN=p\nUNUSED=${NOWHERE:?no}\nP=m$ypass$wor@d\n',
    });
    const { environment, unset } = await bundle();
    expect(environment).toEqual({ CERT: "one\ntwo", HOST: "app.example.com", TABBED: "x\ty" });
    expect(unset).toEqual([]);
  });

  it("may come from several files and from the environment, which wins", async () => {
    await files({
      "stack.yaml": 'services: { a: { image: x, environment: { V: "$A $B $C $D" } } }\n',
      "one.env": "A=1\nB=1\n",
      "two.env": "B=2$A\nC=3$D\nD=file\n",
    });
    const envFiles = ["one.env", "two.env"].map((name) => join(folder, name));
    expect((await bundle({ envFiles, env: ["D"] }, { D: "given", A: "not promised" })).environment).toEqual({
      ...{ A: "1", B: "21", C: "3given", D: "given" },
    });
    await expect(bundle({ envFiles, env: ["D"] })).rejects.toMatchObject({ code: "compose.env-missing" });
    await expect(bundle({ envFiles: [join(folder, "no.env")] })).rejects.toMatchObject({
      code: "compose.file-missing",
    });
  });

  it("that are nowhere are told with their places, and refused where the files ask for them", async () => {
    await files({ "stack.yaml": "services:\n  a:\n    image: x\n    environment:\n      PW: $DB_PASSWORD\n" });
    expect((await bundle()).unset).toEqual([{ name: "DB_PASSWORD", at: "stack.yaml:5" }]);
    await files({ "stack.yaml": "services:\n  a:\n    image: x:${TAG:?set it}\n" });
    await expect(bundle()).rejects.toMatchObject({
      code: "stack.variable",
      message: "stack.yaml:3: the variable TAG is required: set it",
    });
  });

  it("that cannot be read are told without a value", async () => {
    await files({ "stack.yaml": "services: { a: { image: x, command: $PW } }\n", ".env": 'PW="secret\n' });
    const error = await bundle().catch((thrown: unknown) => thrown as Error & { code: string });
    expect(error).toMatchObject({ code: "compose.variable", message: expect.stringContaining("PW (line 1 of .env)") });
    expect(String(error)).not.toContain("secret");
  });

  it("change the digest, and what they do not use does not", async () => {
    await files({ "stack.yaml": "services: { a: { image: x, command: $A } }\n", ".env": "A=1\n" });
    const before = (await bundle()).digest;
    await files({ ".env": "A=1\nB=2\n" });
    expect((await bundle()).digest).toBe(before);
    await files({ ".env": "A=2\nB=2\n" });
    expect((await bundle()).digest).not.toBe(before);
  });
});

describe("what a stack carries", () => {
  it("is its files, env files of services, configs and secrets", async () => {
    await files({
      "p/stack.yaml":
        "services: { a: { image: x, build: ./not-there, env_file: a.env, configs: [c] } }\nconfigs: { c: { file: ../shared/c.ini } }\n",
      "p/a.env": "A=1",
      "p/.env": "UNUSED=secret",
      "shared/c.ini": "c",
    });
    const made = await bundleStack({ files: [join(folder, "p/stack.yaml")] });
    expect([...made.files.keys()]).toEqual(["p/a.env", "p/stack.yaml", "shared/c.ini"]);
    expect(made).toMatchObject({ composeFiles: ["p/stack.yaml"], services: ["a"] });
  });

  it.each([
    ["a local bind mount", "services:\n  a:\n    image: x\n    volumes: ['./w:/w']\n", "stack.bind", "stack.yaml:4"],
    [
      "a secret from a variable",
      "services: { a: { image: x } }\nsecrets: { s: { environment: S } }\n",
      "stack.environment",
      "stack.yaml:2",
    ],
    [
      "an env file by its place here",
      "services: { a: { image: x, env_file: /etc/x.env } }\n",
      "stack.env-file",
      "/etc/x.env",
    ],
    [
      "depends_on with conditions",
      "services:\n  b: { image: x }\n  a:\n    image: x\n    depends_on: { b: { condition: service_healthy } }\n",
      "stack.invalid",
      "stack.yaml:5: depends_on of a must be a list",
    ],
    [
      "a published port in quotes",
      'services:\n  a:\n    image: x\n    ports:\n      - { target: 80, published: "8088" }\n',
      "stack.invalid",
      "stack.yaml:5: a: ports.0.published must be a number; write 8088 without quotes",
    ],
    ["a key of compose alone", "services: { a: { image: x, pull_policy: always } }\n", "stack.invalid", "pull_policy"],
    ["an include", "include: [x.yaml]\nservices: { a: { image: x } }\n", "stack.invalid", "include"],
    ["text for a flag", "services: { a: { image: x, init: 'true' } }\n", "stack.invalid", "a: init must be a boolean"],
  ])("is refused with %s", async (_what, text, code, words) => {
    await files({ "stack.yaml": text });
    await expect(bundle()).rejects.toMatchObject({ code, message: expect.stringContaining(words) });
  });

  it("is not refused for numbers that come from variables", async () => {
    await files({
      "stack.yaml":
        "services: { a: { image: x, ports: [{ target: 80, published: $PORT }], deploy: { replicas: '${N:-2}' } } }\n",
      ".env": "PORT=8088\n",
    });
    expect((await bundle()).environment).toEqual({ PORT: "8088" });
  });
});

describe("configs and secrets", () => {
  const text = `version: "3.8"
services: { a: { image: x, configs: [page, known], secrets: [token] } }
configs:
  page: { file: ./page.html, template_driver: golang }
  known: { name: "shared-\${N:-1}", file: ./page.html, labels: ["a=b=c"] }
secrets:
  token: { file: "$DIR/token.txt" }
  other: { external: true }
networks: { out: { external: true, name: front } }
`;
  const read = async () => {
    const made = await bundle({ env: ["DIR"] }, { DIR: join(folder, "$odd") });
    return { made, objects: objectsOf(made, "site") };
  };

  it("are named by their content, but for those with a name of their own", async () => {
    await files({ "stack.yaml": text, "page.html": "one", "$odd/token.txt": "s1" });
    const { made, objects } = await read();
    expect(objects.map(({ key, fixed }) => [key, fixed])).toEqual([
      ["page", false],
      ["known", true],
      ["token", false],
    ]);
    expect(objects[0]?.name).toMatch(/^site_page-[0-9a-f]{12}$/);
    expect(objects[1]?.name).toBe("shared-1");
    expect(made.external.map(({ type, name }) => [type, name])).toEqual([
      ["network", "front"],
      ["secret", "other"],
    ]);
    const placeOf = (path: string) => `/there/${made.placeOf(path)}`;
    expect(JSON.parse(overrideOf(objects, { version: made.version, placeOf }))).toEqual({
      version: "3.8",
      configs: {
        page: { file: "/there/page.html", template_driver: "golang", name: objects[0]?.name },
        known: {
          ...{ file: "/there/page.html", name: "shared-${N:-1}" },
          labels: { a: "b=c", "machinist.content": objects[1]?.content },
        },
      },
      secrets: { token: { file: "/there/$$odd/token.txt", name: objects[2]?.name } },
    });
    await files({ "page.html": "two" });
    const after = await read();
    expect(after.objects[0]?.name).not.toBe(objects[0]?.name);
    expect(after.objects[2]?.name).toBe(objects[2]?.name);
    expect(after.made.digest).not.toBe(made.digest);
  });

  it("keep to what Docker allows, and to docker's own names where the version of the file knows no others", async () => {
    const key = "k".repeat(60);
    await files({
      "stack.yaml": `services: { a: { image: x } }\nconfigs: { ${key}: { file: c }, ${key}l: { file: c } }\n`,
      c: "c",
    });
    const names = objectsOf(await bundle(), "site").map(({ name }) => name);
    expect(names.map((name) => name.length)).toEqual([64, 64]);
    expect(new Set(names).size).toBe(2);
    await files({ "stack.yaml": "version: '3.3'\nservices: { a: { image: x } }\nconfigs: { c: { file: c } }\n" });
    expect(objectsOf(await bundle(), "site")).toMatchObject([{ name: "site_c", fixed: true }]);
  });

  it("that are too large for a Swarm are refused", async () => {
    await files({
      "stack.yaml": "services: { a: { image: x } }\nconfigs: { c: { file: c } }\n",
      c: "x".repeat(1_024_001),
    });
    await expect(bundle()).rejects.toMatchObject({ code: "stack.too-large" });
  });
});
