import { execFileSync } from "node:child_process";
import { chmod, mkdir, mkdtemp, rm, symlink, truncate, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { bundleProject, bundleStack, planCompose } from "../src/index.ts";

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "machinist-bundle-"));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

async function files(contents: { [path: string]: string }): Promise<void> {
  for (const [path, text] of Object.entries(contents)) {
    await mkdir(dirname(join(folder, path)), { recursive: true });
    await writeFile(join(folder, path), text);
  }
}
const bundle = (file = "p/compose.yaml", more: { profiles?: string[]; envFiles?: string[] } = {}) =>
  bundleProject({ files: [join(folder, file)], ...more });
const names = async (...args: Parameters<typeof bundle>) => [...(await bundle(...args)).files.keys()];

describe("files that are too large", () => {
  it.each([
    ["p/compose.yaml", "The compose file", 635],
    ["p/.env", "The env file", 2],
    ["p/app/.dockerignore", "The file", 2],
  ])("%s is not read", async (path, what, mib) => {
    const compose = "services: { web: { build: ./app } }\n";
    await files({
      "p/compose.yaml": compose,
      "p/.env": "A=1\n",
      "p/app/.dockerignore": "*.log\n",
      "p/app/Dockerfile": "FROM a\n",
    });
    expect(await names()).toContain("app/Dockerfile");
    await truncate(join(folder, path), mib * 2 ** 20);
    const before = process.memoryUsage().rss;
    await expect(bundle()).rejects.toMatchObject({
      code: "compose.too-large",
      message: expect.stringContaining(`${what} ${join(folder, path)} is larger than`),
      hint: expect.any(String),
    });
    expect(process.memoryUsage().rss - before).toBeLessThan(100e6);
  });
});

describe("what is carried along", () => {
  it("is what the files refer to, and nothing else", async () => {
    await files({
      "p/compose.yaml": `
services:
  web:
    build: { context: ./app, dockerfile: docker/Web.Dockerfile, additional_contexts: { lib: ./lib, img: "docker-image://x" } }
    env_file: [web.env, { path: maybe.env, required: false }]
    volumes:
      - ./conf:/etc/conf:ro
      - data:/data
      - /var/run/docker.sock:/var/run/docker.sock
      - ~/x:/x
      - { type: bind, source: ./one.txt, target: /one.txt }
      - ./made-by-docker:/m
    secrets: [s]
secrets: { s: { file: "./\${SECRET:-secret}.txt" } }
configs: { c: { file: ./conf.ini } }
volumes: { data: {} }
`,
      "p/.env": "A=1\n",
      "p/app/docker/Web.Dockerfile": "FROM scratch\n",
      "p/app/src/a.txt": "a",
      "p/app/src/b.log": "b",
      "p/app/.dockerignore": "**/*.log\ndocker\n",
      "p/lib/l.txt": "l",
      "p/web.env": "B=2\n",
      "p/conf/nested/x.conf": "x",
      "p/one.txt": "1",
      "p/secret.txt": "s",
      "p/conf.ini": "i",
      "p/unrelated.txt": "u",
    });
    expect(await names()).toEqual([
      ".env",
      "app/.dockerignore",
      "app/docker/Web.Dockerfile",
      "app/src",
      "app/src/a.txt",
      "compose.yaml",
      "conf",
      "conf/nested",
      "conf/nested/x.conf",
      "lib/l.txt",
      "one.txt",
      "secret.txt",
      "web.env",
    ]);
  });

  it("follows include and extends, each from its own folder", async () => {
    await files({
      "p/compose.yaml":
        "include: [sub/compose.yaml]\nservices: { a: { extends: { file: ../base/b.yaml, service: base } } }",
      "p/sub/compose.yaml": "services: { c: { image: x, env_file: c.env } }",
      "p/sub/c.env": "C=1",
      "base/b.yaml": "services: { base: { image: x, env_file: base.env }, unused: { env_file: not-there.env } }",
      "base/base.env": "D=1",
    });
    const made = await bundle();
    expect([...made.files.keys()]).toEqual([
      "base/b.yaml",
      "base/base.env",
      "p/compose.yaml",
      "p/sub/c.env",
      "p/sub/compose.yaml",
    ]);
    expect(made.services).toEqual(["a", "c"]);
  });

  it("counts only services of active profiles, and does not miss what the others need", async () => {
    await files({
      "p/compose.yaml":
        "services:\n  a: { image: x }\n  b: { image: x, profiles: [debug], env_file: none.env }\n  c: { image: x, scale: 0 }\n",
    });
    expect((await bundle()).services).toEqual(["a", "c"]);
    await expect(bundle("p/compose.yaml", { profiles: ["debug"] })).rejects.toMatchObject({
      code: "compose.file-missing",
    });
  });
});

describe("the digest", () => {
  it("changes with contents, names and modes, and with nothing else", async () => {
    await files({
      "p/compose.yaml": "services: { a: { build: . } }",
      "p/Dockerfile": "FROM scratch",
      "p/x": "1",
      "p/y": "",
    });
    const digests = [(await bundle()).digest];
    expect((await bundle()).digest).toBe(digests[0]);
    await writeFile(join(folder, "p/x"), "2");
    digests.push((await bundle()).digest);
    await chmod(join(folder, "p/x"), 0o755);
    digests.push((await bundle()).digest);
    await writeFile(join(folder, "p/z"), "");
    digests.push((await bundle()).digest);
    expect(new Set(digests).size).toBe(4);
  });
});

describe("mistakes", () => {
  it.each<[string, string, RegExp]>([
    ["services:\n  a:\n    image: x\n    env_file: nope.env\n", "compose.file-missing", /compose\.yaml:4: .*nope\.env/],
    ["services:\n  a:\n    build: ./nope\n", "compose.file-missing", /compose\.yaml:3: /],
    ["services:\n  a:\n    build: .\n", "compose.file-missing", /compose\.yaml:3: .*Dockerfile/],
    ["services:\n  a:\n    image: x\n    volumes: ['./nope.conf:/n']\n", "compose.file-missing", /compose\.yaml:4: /],
    ["include: [nope.yaml]\n", "compose.file-missing", /compose\.yaml:1: .*nope\.yaml/],
    [
      "secrets:\n  s:\n    file: ./nope\nservices: { a: { image: x, secrets: [s] } }\n",
      "compose.file-missing",
      /compose\.yaml:3: /,
    ],
    ["secrets:\n  s:\n    file: ./nope\nservices: { a: { image: x } }\n", "", /^$/],
    ["services:\n  a: [\n", "compose.syntax", /compose\.yaml:\d+:\d+: /],
    ["just text\n", "compose.syntax", /not a compose file/],
    ["include: [compose.yaml]\nservices: {}\n", "compose.invalid", /compose\.yaml:1: .* includes itself/],
  ])("%j", async (text, code, message) => {
    await files({ "p/compose.yaml": text });
    if (code === "") await expect(bundle()).resolves.toBeDefined();
    else await expect(bundle()).rejects.toMatchObject({ code, message: expect.stringMatching(message) });
  });

  it("too much to carry is refused with where it comes from", async () => {
    await files({
      "p/compose.yaml": "services: { a: { build: . } }",
      "p/Dockerfile": "FROM scratch",
      "p/big": "x".repeat(5000),
    });
    await expect(
      bundleProject({ files: [join(folder, "p/compose.yaml")] }, { limits: { bytes: 1000, files: 10 } }),
    ).rejects.toMatchObject({
      code: "compose.too-large",
      hint: expect.stringContaining(".dockerignore"),
    });
  });

  it.each([
    ["an empty file", "", "compose.syntax", "compose.yaml:1:1"],
    ["no services", "x-a: 1\n", "compose.invalid", "compose.yaml:1: there are no services"],
    ["an unknown key", "services: { a: { image: x } }\nservice: {}\n", "compose.invalid", 'compose.yaml:2: "service"'],
    [
      "a service without an image",
      "services:\n  a:\n    ports: ['80']\n",
      "compose.invalid",
      "compose.yaml:3: the service a has",
    ],
    ["a list of services", "services: [a]\n", "compose.invalid", "compose.yaml:1: services must be"],
    ["a service that is a word", "services:\n  a: nginx\n", "compose.invalid", "compose.yaml:2: the service a must"],
    [
      "a network of nobody",
      "services:\n  a:\n    image: x\n    networks: [n]\n",
      "compose.invalid",
      "compose.yaml:4: the service a uses n",
    ],
    [
      "a secret of nobody",
      "services: { a: { image: x, secrets: [{ source: s }] } }\n",
      "compose.invalid",
      "uses s, which is not among its secrets",
    ],
    ["a volume of nobody", "services: { a: { image: x, volumes: ['data:/data'] } }\n", "compose.invalid", "uses data"],
    ["a service after nobody", "services: { a: { image: x, depends_on: [b] } }\n", "compose.invalid", "depends on b"],
  ])("%s is refused with the place, in a project and in a stack", async (_what, text, code, where) => {
    await files({ "p/compose.yaml": text });
    const spec = { files: [join(folder, "p/compose.yaml")] };
    for (const bundleOne of [bundleProject, bundleStack])
      await expect(bundleOne(spec)).rejects.toMatchObject({ code, message: expect.stringContaining(where) });
  });

  it("what overrides and includes bring is no mistake", async () => {
    await files({
      "p/compose.yaml":
        "services:\n  a: { image: x, networks: [n, default], volumes: ['v:/v', '$$V:/x', './w:/w', '/tmp:/t'] }\n",
      "p/more.yaml":
        "x-more: 1\nname: q\nservices:\n  a: { environment: { A: b } }\nnetworks: { n: }\nvolumes: { v: {} }\n",
      "p/outer.yaml": "include: [inner.yaml]\nservices: { b: { image: x, networks: [from-inner], depends_on: [c] } }\n",
      "p/inner.yaml": "services: { c: { image: x } }\nnetworks: { from-inner: {} }\n",
    });
    await bundleProject({ files: ["compose.yaml", "more.yaml"].map((name) => join(folder, "p", name)) });
    await bundleProject({ files: [join(folder, "p/outer.yaml")] });
  });

  it("takes what is said last of an env file that is named twice", async () => {
    const carried = async (list: string) => {
      await files({ "p/compose.yaml": `services: { a: { image: x, env_file: [${list}] } }` });
      return [...(await bundleProject({ files: [join(folder, "p/compose.yaml")] })).files.keys()];
    };
    expect(await carried("./no.env, { path: ./no.env, required: false }")).toEqual(["compose.yaml"]);
    for (const list of ["{ path: ./no.env, required: false }, ./no.env", "no.env, { path: ./no.env, required: false }"])
      await expect(carried(list)).rejects.toMatchObject({ code: "compose.file-missing" });
  });

  it.each(["Web", "../x", "", "a b"])("%j is no project name", async (name) => {
    await expect(planCompose({ name, machine: "m", files: [] })).rejects.toMatchObject({ code: "compose.name" });
  });
});

describe("paths of this computer", () => {
  it("are carried where compose itself reads them, and are written as ways to them", async () => {
    await files({
      "p/compose.yaml": `
services:
  a:
    image: x
    env_file: [ "\${HOME}/own.env", ~/more.env ]
    volumes: [ "$PWD/conf/a:/a:ro", "\${PWD}/..:/up:\${MODE:-ro}", /srv/theirs:/t, "\${HOME}/theirs:/u" ]
    build: &b
      context: \${PWD}/x
    secrets: [s]
  b: { image: y, build: *b }
secrets:
  s:
    file: >-
      $HOME/s.txt
volumes:
  v: { driver_opts: { type: none, o: "bind,ro", device: ./vol } }
`,
      "home/own.env": "A=1",
      "home/more.env": "A=1",
      "home/s.txt": "s",
      "p/conf/a": "a",
      "p/x/Dockerfile": "FROM x",
      "p/vol/v": "v",
    });
    const environment = { HOME: join(folder, "home") };
    const made = await bundleProject({ files: [join(folder, "p/compose.yaml")] }, { environment });
    expect([...made.files.keys()]).toEqual(
      expect.arrayContaining(["home/more.env", "home/own.env", "home/s.txt", "p/conf/a", "p/vol/v", "p/x/Dockerfile"]),
    );
    const text = made.files.get("p/compose.yaml")!.content!;
    expect(text).toContain('env_file: [ "./../home/own.env", "./../home/more.env" ]');
    expect(text).toContain(
      'volumes: [ "./conf/a:/a:ro", "${PWD}/..:/up:${MODE:-ro}", /srv/theirs:/t, "${HOME}/theirs:/u" ]',
    );
    expect(text).toContain('context: "./x"\n');
    expect(text).toContain('file: "./../home/s.txt"\nvolumes:');
    expect(made.environment).toEqual({ HOME: environment.HOME, PWD: join(folder, "p") });
  });
});

describe("what is carried is what is there", () => {
  it("links as links, folders that are empty, permissions without setuid, odd names", async () => {
    await files({
      "p/compose.yaml": "services: { a: { build: ./app, volumes: ['./data:/data', './named:/named'] } }",
      "p/app/Dockerfile": "FROM x",
      "p/data/two\nlines": "x",
      "p/data/run": "x",
      secret: "outside",
    });
    const at = (name: string) => join(folder, "p", name);
    await mkdir(at("app/empty"));
    await chmod(at("app/empty"), 0o1777);
    await chmod(at("data/run"), 0o4750);
    await symlink("../../secret", at("app/out"));
    await symlink("empty", at("app/in"));
    await symlink("nowhere", at("data/broken"));
    await symlink("../secret", at("named"));
    const made = await bundle();
    const carried = (name: string) => made.files.get(name)?.carried;
    expect(carried("app/empty")).toMatchObject({ type: "folder", mode: 0o1777 });
    expect(carried("data/run")).toMatchObject({ type: "file", mode: 0o750 });
    expect(carried("app/out")).toMatchObject({ type: "link", target: "../../secret" });
    expect(carried("app/in")).toMatchObject({ type: "link", target: "empty" });
    expect(carried("data/broken")).toMatchObject({ type: "link", target: "nowhere" });
    // A link that is named itself stands for what it leads to.
    expect(carried("named")).toMatchObject({ type: "file" });
    expect([...made.files.keys()]).toContain("data/two\nlines");
    expect([...made.files.keys()]).not.toContain("secret");
  });

  it("what cannot be read is named, and a pipe is not waited for", async () => {
    await files({ "p/compose.yaml": "services: { a: { image: x, env_file: [pipe.env] } }" });
    execFileSync("mkfifo", [join(folder, "p/pipe.env")]);
    await expect(bundle()).rejects.toMatchObject({
      code: "compose.file-missing",
      message: expect.stringContaining("pipe.env is no plain file"),
    });
  });
});

describe("what compose takes is taken", () => {
  it.each([
    ["several documents", "services: { a: { image: x } }\n---\nservices: { b: { image: y } }\n", ["a", "b"]],
    [
      "a service that is reset",
      "services: { a: { image: x }, b: { image: y } }\n---\nservices: { b: !reset null }\n",
      ["a"],
    ],
    [
      "profiles of .env",
      "services: { a: { image: x }, b: { image: y, profiles: [db] }, c: { image: z, profiles: [no] } }\n",
      ["a", "b"],
    ],
    ["a $ of its own", "services: { a: { image: x, command: 'echo $ $5 $$x 5$' } }\n", ["a"]],
    [
      "no host path made",
      "services: { a: { image: x, volumes: [{ type: bind, source: ./w, target: /w, bind: { create_host_path: false } }] } }\n",
      ["a"],
    ],
  ])("%s", async (_what, text, services) => {
    await files({ "p/compose.yaml": text, "p/.env": "COMPOSE_PROFILES=db,x\nCOMPOSE_IGNORE_ORPHANS=true\n" });
    expect((await bundle()).services).toEqual(services);
  });

  it("overrides: of comments only, of env files, of what mounts at the same place", async () => {
    await files({
      "p/compose.yaml":
        "services:\n  a: { image: x, env_file: [not-there.env], volumes: ['./not-there.conf:/c', './w:/w'] }\n",
      "p/none.yaml": "# nothing yet\n",
      "p/more.yaml": "services: { a: { env_file: !override [b.env], volumes: ['./c.conf:/c'] } }\n",
      "p/b.env": "B=1\n",
      "p/c.conf": "c",
    });
    const made = await bundleProject({
      files: ["compose.yaml", "none.yaml", "more.yaml"].map((name) => join(folder, "p", name)),
    });
    expect([...made.files.keys()]).toEqual(["b.env", "c.conf", "compose.yaml", "more.yaml", "none.yaml"]);
  });

  it.each([
    ["a variable that is required", "x: '${TAG:?set the tag}'", "the variable TAG is required: set the tag"],
    ["a variable that is none", "x: '${T!}'", "is not a variable"],
    ["an alias of nothing", "x: *typo", "there is no anchor &typo"],
    ["a merge of nothing", "x: { <<: *typo }", "there is no anchor &typo"],
    ["an anchor that holds itself", "x: &a [*a]", "holds itself"],
    ["a service that extends itself", "services: { a: { image: x, extends: a } }\n---\nx: 1", "extends itself"],
  ])("%s is refused with its place", async (_what, text, words) => {
    await files({ "p/compose.yaml": `${text}\n---\nservices: { web: { image: x } }\n` });
    await expect(bundle()).rejects.toMatchObject({
      message: expect.stringMatching(/compose\.yaml:1/),
      hint: expect.any(String),
    });
    await expect(bundle()).rejects.toThrow(words);
  });
});
