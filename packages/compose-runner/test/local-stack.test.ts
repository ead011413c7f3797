import { execFileSync } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { FleetSpec } from "@machinist/core";
import { findProgram } from "@machinist/programs";
import { afterEach, beforeEach, describe, expect, it, test } from "vitest";
import { describeUnless } from "../../../test/skipped.ts";
import { hiding, withoutEnvLines } from "../src/hidden.ts";
import { planStack } from "../src/index.ts";

const fleet = { name: "demo", machines: [], compose: [], stacks: [] } as unknown as FleetSpec;

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "machinist-local-stack-"));
  mkdirSync(join(folder, "bin"));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const put = (name: string, text: string) => writeFileSync(join(folder, name), text);
const plan = (given: { env?: string[]; environment?: { [name: string]: string }; bin?: string } = {}) => {
  const { env = [], environment = {}, bin = join(folder, "bin") } = given;
  const spec = { name: "site", files: [join(folder, "stack.yaml")], env };
  return planStack(spec, fleet, { PATH: `${bin}:/usr/bin:/bin`, HOME: folder, ...environment });
};
const shown = (error: { message: string; hint?: string; cause?: { message?: string } }) =>
  `${error.message} ${error.hint} ${error.cause?.message}`;

describe("a docker of this computer", () => {
  const docker = (script: string) =>
    writeFileSync(join(folder, "bin/docker"), `#!/bin/sh\n${script}\n`, { mode: 0o755 });
  const asked = () => (existsSync(join(folder, "asked")) ? readFileSync(join(folder, "asked"), "utf8") : "");
  beforeEach(() => {
    put("stack.yaml", 'services: { web: { image: "x:$TAG" } }\n');
    put(".env", "TAG=one-of-a-file\n");
    docker(`printf '%s ' "$@" "$TAG" "$OTHER" "$DOCKER_CONTEXT" > ${folder}/asked; pwd >> ${folder}/asked; exit 0`);
  });

  it("is asked about a stack's files before any machine is, with the variables that they use", async () => {
    await plan({ environment: { OTHER: "of the shell" } });
    expect(asked()).toBe(`stack config -c ${folder}/stack.yaml one-of-a-file  default ${folder}\n`);
    docker("echo 'services.web.imag Additional property imag is not allowed' >&2; exit 1");
    await expect(plan()).rejects.toMatchObject({
      code: "stack.refused-locally",
      message: "docker stack on this computer refuses site: services.web.imag Additional property imag is not allowed",
      hint: expect.stringContaining("MACHINIST_LOCAL_COMPOSE=off"),
    });
  });

  it("is not asked where values were promised, where it is switched off, or where it would follow a variable itself", async () => {
    await plan({ environment: { MACHINIST_LOCAL_COMPOSE: "off" } });
    await plan({ env: ["TOKEN"], environment: { TOKEN: "hush" } });
    put("stack.yaml", 'services: { web: { image: "x:$DOCKER_HOST" } }\n');
    put(".env", "DOCKER_HOST=tcp://192.0.2.1:2375\n");
    await plan();
    expect(asked()).toBe("");
  });

  it.each([
    ["is too old to know the command", "echo \"unknown shorthand flag: 'c' in -c\" >&2; exit 125"],
    ["has no stacks", "echo \"docker: 'stack' is not a docker command.\" >&2; exit 1"],
    ["is another program", "echo 'Error: unrecognized command' >&2; exit 125"],
    ["is killed", "kill -KILL $$; sleep 5"],
  ])("has no say where it %s", async (_what, script) => {
    docker(script);
    expect((await plan()).props).toMatchObject({ name: "site" });
  });
});

const here = findProgram("docker");
const knowsStacks = () => {
  try {
    return here !== undefined && execFileSync(here, ["stack", "config", "--help"], { stdio: "pipe" }).length > 0;
  } catch {
    return false;
  }
};

describeUnless(
  knowsStacks() ? undefined : "there is no docker here that can be asked about stacks",
  "a real docker",
  () => {
    const bin = here?.replace(/\/docker$/, "") ?? "";

    it("takes what it would deploy, and refuses what it would not", async () => {
      put("app.env", "A=1\n");
      put(".env", "PORT=8080\nTAG=1\n");
      put("stack.yaml", 'services: { web: { image: "x:$TAG", ports: ["$PORT:80"], env_file: app.env } }\n');
      expect((await plan({ bin })).props).toMatchObject({ services: ["web"] });
      put("stack.yaml", "services: { web: { image: x, deploy: { replicas: 2, imag: y } } }\n");
      await expect(plan({ bin })).rejects.toMatchObject({
        code: "stack.refused-locally",
        message: expect.stringContaining("services.web.deploy Additional property imag is not allowed"),
      });
    });

    it.each([
      ["a variable that is no number", 'deploy: { replicas: "$N" }', "N=SECRETvalue", "A=1"],
      ["one with quotes", 'deploy: { replicas: "$N" }', "N='SECRET\"x\\y'", "A=1"],
      ["an env file with blanks in a name", "env_file: app.env", "", "SECRET KEY=SECRETvalue"],
      ["an env file without a name", "env_file: app.env", "", "=SECRETvalue"],
    ])("tells nothing of the value of %s", async (_what, more, env, own) => {
      put("stack.yaml", `services: { web: { image: x, ${more} } }\n`);
      put(".env", `${env}\n`);
      put("app.env", `${own}\n`);
      const error = await plan({ bin }).then(
        () => expect.fail("it is refused"),
        (thrown) => thrown,
      );
      expect(error.code).toBe("stack.refused-locally");
      expect(shown(error)).not.toContain("SECRET");
    });
  },
);

test("what docker quotes of env files is taken away, whichever version it is", () => {
  for (const said of [
    "invalid env file (/x/app.env): variable 'A SECRET' contains whitespaces\n",
    "poorly formatted environment: variable 'A SECRET' contains whitespaces\n",
    "no variable name on line '=SECRET'\n",
  ])
    expect(withoutEnvLines(said)).toMatch(
      /^(?:invalid env file \(\/x\/app\.env\)|poorly .*|an env file): it cannot be read there$/,
    );
  expect(withoutEnvLines("services.web.ports.0 Does not match format 'ports'\n")).toBe(
    "services.web.ports.0 Does not match format 'ports'\n",
  );
  expect(hiding(['SECRET"x\\y'])('parsing "SECRET\\"x\\\\y": invalid')).toBe('parsing "(secret)": invalid');
});
