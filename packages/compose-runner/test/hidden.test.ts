import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, it, test } from "vitest";
import { describeUnless } from "../../../test/skipped.ts";
import { hiding, withoutQuotes } from "../src/hidden.ts";
import { planCompose } from "../src/index.ts";
import { readingOf } from "../src/reading.ts";
import { composes, noCompose } from "./differential/compose.ts";

test("values are taken out of what is shown, also those of several lines", () => {
  const hide = hiding(["short", "long secret", "long secret and more", "-----BEGIN\nMIICXQIBAAKB\n-----END", "  "]);
  expect(hide("a long secret and more, short, a long secret")).toBe("a (secret), short, a (secret)");
  expect(hide("line MIICXQIBAAKB of it")).toBe("line (secret) of it");
});

test("a warning names only what compose files name: the rest may be the end of a password", () => {
  const warn = (name: string) =>
    `time="t" level=warning msg="The \\"${name}\\" variable is not set. Defaulting to a blank string."\n`;
  const { warnings } = readingOf('{"services":{}}', warn("TAG") + warn("abcdefsecret") + warn("TAG"), new Set(["TAG"]));
  expect(warnings).toEqual([
    'The "TAG" variable is not set. Defaulting to a blank string.',
    expect.stringMatching(/^A value in an env file has a \$/),
  ]);
});

describeUnless(noCompose, "with a real compose on this computer", () => {
  let folder: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), "machinist-here-"));
  });
  afterEach(() => rmSync(folder, { recursive: true, force: true }));

  function put(compose: string, env: string, program = composes[0]!.program, own = env) {
    const file = join(folder, "compose.yaml");
    writeFileSync(file, compose);
    writeFileSync(join(folder, ".env"), env);
    writeFileSync(join(folder, "own.env"), own);
    mkdirSync(join(folder, "bin"), { recursive: true });
    // The command of docker that compose is a plugin of.
    writeFileSync(join(folder, "bin/docker"), `#!/bin/sh\nshift\nexec ${program} "$@"\n`, { mode: 0o755 });
    return (more: Record<string, string> = {}) =>
      planCompose(
        { name: "shop", machine: "m", files: [file] },
        { PATH: `${join(folder, "bin")}:/usr/bin:/bin`, HOME: folder, ...more },
      );
  }

  it("says before anything is made what compose refuses, unless told to leave it to the machine", async () => {
    const plan = put("services: { web: { image: x, imag: y } }\n", "");
    await expect(plan()).rejects.toMatchObject({
      code: "compose.refused-locally",
      message: expect.stringMatching(/^docker compose on this computer refuses shop: .*imag/),
      hint: expect.stringContaining("MACHINIST_LOCAL_COMPOSE=off"),
    });
    expect((await plan({ MACHINIST_LOCAL_COMPOSE: "off" })).props).toMatchObject({ name: "shop" });
  });

  it.each([
    [
      "whose context is gone",
      '[ "$DOCKER_CONTEXT" = default ] || { echo "context \\"gone\\": context not found" >&2; exit 1; }',
    ],
    ["that cannot be run", "kill -TERM $$; sleep 5"],
    ["that is another program", 'echo "Error: unrecognized command \\`podman compose\\`" >&2; exit 125'],
  ])("has no say through a docker %s", async (_what, script) => {
    const plan = put("services: { web: { image: x } }\n", "");
    writeFileSync(join(folder, "bin/docker"), `#!/bin/sh\n${script}\n`, { mode: 0o755 });
    expect((await plan()).props).toMatchObject({ name: "shop" });
  });

  it("has no say where docker has no compose", async () => {
    const plan = put(
      "services: { web: { image: x } }\n",
      "",
      "sh -c 'echo \"docker: compose is not a docker command.\" >&2; exit 1'",
    );
    expect((await plan()).props).toMatchObject({ name: "shop" });
  });

  it.each([
    "P=m$SECRETpass$SECRETor@d",
    "H=$2b$10$SECRETSECRETSECRET",
    'KEY="-----BEGIN\nSECRETLINE\n-----END"',
    "KEY=-----BEGIN\nSECRETLINE+/=\n-----END",
    "Q='SECRETunclosed",
    'Q="SECRETunclosed',
    "D=${SECRETbad",
    "E=a${SECRET!x}b",
    "SECRET",
    "my-var=SECRET1",
    "A B=SECRET",
    "C=${SECRETUNDEF}",
    "R=${NOT_SET:?SECRET}",
  ])("tells nothing of an env file that holds %j", async (line) => {
    const files = [
      "services: { web: { image: 'x:${P:-1}${H:-1}${KEY:-1}${Q:-1}${D:-1}${E:-1}${C:-1}' } }\n",
      "services: { web: { image: x, env_file: own.env } }\n",
      "services: { web: { image: x, imag: '${P}${H}${KEY}' } }\n",
    ];
    for (const compose of files)
      for (const { program } of composes) {
        const shown = await put(compose, `${line}\n`, program)().then(
          ({ props }) => JSON.stringify(props),
          (error) => `${error.message} ${error.hint} ${error.cause?.message}`,
        );
        expect(shown).not.toContain("SECRET");
        // Alone in the env file of a service, whose name some versions do not say; and of files that are refused.
        for (const text of [files[1]!, files[1]!.replace("own.env", "own.env, imag: y")]) {
          const alone = await put(text, "", program, `${line}\n`)().then(
            ({ props }) => JSON.stringify(props),
            (error) => `${error.message} ${error.hint} ${error.cause?.message}`,
          );
          expect(alone).not.toContain("SECRET");
        }
      }
  });

  it("takes a full line away, whatever compose quotes", () => {
    const none = new Set<string>();
    expect(
      withoutQuotes(
        'failed to read /x/.env: line 2: unexpected character "+" in variable name "SECRET+"\nSECRET',
        none,
      ),
    ).toBe("failed to read /x/.env: line 2: it cannot be read there");
    expect(withoutQuotes('line 2: unterminated quoted value "SECRET\nSECRET', none)).toBe(
      "line 2 of an env file: it cannot be read there",
    );
  });
});

test("what compose says while it works has no names of variables but those of compose files", () => {
  const warn = (name: string) =>
    `time="t" level=warning msg="The \\"${name}\\" variable is not set. Defaulting to a blank string."\n`;
  const said = `${warn("TAG")}${warn("SECRET")}Container a  Started\n`;
  expect(withoutQuotes(said, new Set(["TAG"]))).toBe(`${warn("TAG")}Container a  Started\n`);
  expect(withoutQuotes("required variable SECRET is missing a value: SECRET\n", new Set())).toBe(
    "a required variable is missing a value",
  );
  expect(withoutQuotes("required variable TAG is missing a value: SECRET\n", new Set(["TAG"]))).toBe(
    "required variable TAG is missing a value",
  );
});
