import { spawnSync } from "node:child_process";
import { chmodSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { parse } from "yaml";
import { readText } from "./repository/packages.ts";

interface Step {
  readonly name: string;
  readonly if?: string;
  readonly env: { readonly [name: string]: string };
  readonly run: string;
}
interface Action {
  readonly inputs: { readonly [name: string]: { readonly description: string; readonly default: string } };
  readonly outputs: { readonly [name: string]: { readonly value: string } };
  readonly runs: { readonly steps: readonly Step[] };
}
interface Template {
  readonly ".machinist": {
    readonly variables: { readonly [name: string]: string };
    readonly before_script: readonly string[];
    readonly after_script: readonly string[];
  };
}

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "machinist-integrations-"));
  program("npm", "");
  program(
    "machinist",
    `case $1 in
  env) printf 'export DOCKER_TLS_VERIFY="1"\\nexport DOCKER_HOST="tcp://192.0.2.7:2376"\\n# a comment\\n' ;;
  url) echo tcp://192.0.2.7:2376 ;;
esac`,
  );
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

/** A program that writes down how it was called, each word by itself. */
function program(name: string, body: string): void {
  const path = join(folder, name);
  writeFileSync(path, `#!/bin/sh\n{ printf '%s' ${name}; printf ' [%s]' "$@"; echo; } >> "${folder}/calls"\n${body}\n`);
  chmodSync(path, 0o755);
}

const written = (name: string): string => {
  try {
    return readFileSync(join(folder, name), "utf8");
  } catch {
    return "";
  }
};

function bash(script: string, env: { readonly [name: string]: string }) {
  return spawnSync("bash", ["-e", "-o", "pipefail", "-c", script], {
    encoding: "utf8",
    env: {
      PATH: `${folder}${delimiter}${process.env.PATH}`,
      GITHUB_ENV: join(folder, "env"),
      GITHUB_OUTPUT: join(folder, "output"),
      ...env,
    },
  });
}

describe("the GitHub Action", () => {
  const action = parse(readText("integrations/github-action/action.yml")) as Action;
  const { steps } = action.runs;

  /** As the runner does it: each step whose condition holds, with its inputs put in. */
  function use(given: { readonly [input: string]: string }) {
    const value = (input: string) => given[input] ?? action.inputs[input]!.default;
    const filled = (text: string) => text.replace(/\$\{\{ inputs\.(\S+) \}\}/g, (_all, input: string) => value(input));
    for (const step of steps) {
      if (step.if !== undefined && step.if !== `inputs.command == '${value("command")}'`) continue;
      const env = Object.fromEntries(Object.entries(step.env).map(([name, text]) => [name, filled(text)]));
      const { status, stdout, stderr } = bash(step.run, env);
      if (status !== 0) return { status, said: stdout + stderr };
    }
    return { status: 0, said: "" };
  }

  test("uses every input, and none that it does not declare; no input becomes shell", () => {
    const used = steps.flatMap(({ env }) =>
      Object.values(env).flatMap((text) => /inputs\.([\w-]+)/.exec(text)?.[1] ?? []),
    );
    expect([...new Set(used)].sort()).toEqual(Object.keys(action.inputs).sort());
    for (const { run } of steps) expect(run).not.toContain("${{");
  });

  test("makes what the manifest declares, and points docker at a machine", () => {
    expect(use({ machine: "web-1", packages: "@machinist/driver-amazonec2 @machinist/driver-qemu" })).toMatchObject({
      status: 0,
    });
    expect(written("calls").split("\n").slice(0, 2)).toEqual([
      "npm [install] [--global] [--no-audit] [--no-fund] [--] [@machinist/cli@latest] [@machinist/driver-amazonec2] [@machinist/driver-qemu]",
      "machinist [up] [--file] [machines.yaml] [--yes]",
    ]);
    expect(written("env")).toBe("DOCKER_TLS_VERIFY=1\nDOCKER_HOST=tcp://192.0.2.7:2376\n");
    expect(written("output")).toBe("docker-host=tcp://192.0.2.7:2376\n");
  });

  test("takes it away again, and installs nothing for that", () => {
    use({ command: "down", manifest: "a b.yaml; rm -rf x" });
    expect(written("calls")).toBe("machinist [down] [--file] [a b.yaml; rm -rf x] [--yes]\n");
    expect(use({ command: "sideways" })).toMatchObject({ status: 2, said: expect.stringContaining("not sideways") });
  });

  test("is described on its page as it is", () => {
    const page = readText("docs/integrations.md");
    for (const input of Object.keys(action.inputs)) expect(page).toContain(`| \`${input}\` |`);
  });
});

describe("the GitLab template", () => {
  const { ".machinist": job } = parse(readText("integrations/gitlab/machinist.gitlab-ci.yml")) as Template;

  test("installs, makes, points docker at the machine, and takes all away", () => {
    const env = { ...job.variables, MACHINIST_MACHINE: "web-1", MACHINIST_PACKAGES: "@machinist/driver-qemu" };
    const script = [...job.before_script, 'echo "$DOCKER_HOST" > "$OUT"', ...job.after_script].join("\n");
    expect(bash(script, { ...env, OUT: join(folder, "out") }).status).toBe(0);
    expect(written("out")).toBe("tcp://192.0.2.7:2376\n");
    expect(written("calls").trimEnd().split("\n")).toEqual([
      "npm [install] [--global] [--no-audit] [--no-fund] [--] [@machinist/cli@latest] [@machinist/driver-qemu]",
      "machinist [up] [--file] [machines.yaml] [--yes]",
      "machinist [env] [--shell] [sh] [web-1]",
      "machinist [down] [--file] [machines.yaml] [--yes]",
    ]);
  });

  test("leaves docker alone where no machine is named", () => {
    bash(job.before_script.join("\n"), job.variables);
    expect(written("calls")).not.toContain("[env]");
  });
});

describe("the feature of dev containers", () => {
  const path = "integrations/devcontainer/src/machinist";
  const feature = JSON.parse(readText(`${path}/devcontainer-feature.json`)) as {
    readonly id: string;
    readonly options: { readonly [name: string]: { readonly type: string; readonly default: string } };
    readonly containerEnv: { readonly [name: string]: string };
    readonly mounts: readonly { readonly target: string }[];
  };
  /** As the tool runs it, with /machines elsewhere, since it is the container's. */
  const install = (env: { readonly [name: string]: string }, more: { readonly PATH?: string } = {}) =>
    spawnSync("/bin/sh", ["-c", readText(`${path}/install.sh`).replaceAll("/machines", join(folder, "machines"))], {
      encoding: "utf8",
      env: { PATH: `${folder}${delimiter}${process.env.PATH}`, ...more, ...env },
    });

  test("keeps machines in the volume that it mounts", () => {
    expect(feature.id).toBe("machinist");
    expect(feature.mounts.map(({ target }) => target)).toContain(feature.containerEnv.MACHINE_STORAGE_PATH);
    for (const option of Object.values(feature.options)) expect(option).toMatchObject({ type: "string" });
  });

  test("installs what its options name, again and again", () => {
    for (let times = 0; times < 2; times++)
      expect(install({ VERSION: "1.2.3", DRIVERS: "amazonec2,generic" })).toMatchObject({ status: 0, stderr: "" });
    const [first, second] = written("calls").trim().split("\n");
    expect(first).toBe(
      "npm [install] [--global] [--no-audit] [--no-fund] [@machinist/cli@1.2.3] [@machinist/driver-amazonec2] [@machinist/driver-generic]",
    );
    expect(second).toBe(first);
  });

  test("takes no driver's name for a command, and says what it needs", () => {
    const odd = install({ DRIVERS: "generic,$(touch x)" });
    expect(odd).toMatchObject({ status: 1, stderr: expect.stringContaining("There can be no driver called") });
    expect(written("calls")).toBe("");
    const without = install({}, { PATH: "/nowhere" });
    expect(without.stderr).toContain("Node.js 20");
  });
});
