import { spawnSync } from "node:child_process";
import { describe, expect, test } from "vitest";
import { testUnless } from "../../../test/skipped.ts";
import { detectShell, shells } from "../src/env/shells.ts";
import { connecting, disconnecting, shellText } from "../src/env/variables.ts";
import { fakeMachinist, info } from "./fake-machinist.ts";
import { run } from "./world.ts";

const nasty = [
  "plain",
  "/with space/ok",
  `q"uo'te`,
  "$HOME `id` $(id)",
  "back\\slash\\",
  "bang!x",
  "a;b&c|d>e",
  "ü日本",
  "%PATH%^",
];

/** How each installed shell evaluates the output the way its advice says, then prints a variable. */
const runs: { readonly [shell: string]: (text: string) => [program: string, args: string[]] } = {
  sh: () => ["sh", ["-c", 'eval "$TEXT"; printf %s "$VALUE"']],
  bash: () => ["bash", ["-c", 'eval "$(printf %s "$TEXT")"; printf %s "$VALUE"']],
  zsh: () => ["zsh", ["-fc", 'eval "$(printf %s "$TEXT")"; printf %s "$VALUE"']],
  fish: () => ["fish", ["-N", "-c", "eval (printf %s $TEXT); printf %s $VALUE"]],
  tcsh: () => ["tcsh", ["-fc", 'eval "`printenv TEXT`"; printenv VALUE']],
  pwsh: () => ["pwsh", ["-NoProfile", "-c", "$Env:TEXT | Invoke-Expression; [Console]::Write($Env:VALUE)"]],
};

describe.each(Object.keys(runs))("%s", (name) => {
  const [program] = runs[name]!("");
  const installed = spawnSync(program, ["-c", "true"]).error === undefined;
  if (!installed) return testUnless(`there is no ${program} here`, "evaluates each value to itself", () => {});

  test.each(nasty)("evaluates %j to itself, and runs nothing", (value) => {
    const text = shellText(shells[name]!, [["VALUE", value]], "false");
    const [command, args] = runs[name]!(text);
    const { stdout, stderr } = spawnSync(command, args, { env: { ...process.env, TEXT: text }, encoding: "utf8" });
    expect({ out: stdout.replace(/\n$/, ""), stderr }).toEqual({ out: value, stderr: "" });
  });

  test("unsets", () => {
    const text = shellText(shells[name]!, [["VALUE", undefined]], "false");
    const [command, args] = runs[name]!(text);
    const env = { ...process.env, TEXT: text, VALUE: "still here" };
    expect(spawnSync(command, args, { env, encoding: "utf8" }).stdout).not.toContain("still here");
  });
});

describe("env", () => {
  const connection = { machine: "m", url: "tcp://h:1", certPath: "/c", tls: true };

  test.each(["sh", "fish", "powershell", "cmd", "tcsh", "emacs"])("%s: set and unset", async (shell) => {
    const text = shellText(shells[shell]!, connecting(connection), `machinist env --shell ${shell} m`);
    const gone = shellText(shells[shell]!, disconnecting, `machinist env -u --shell ${shell}`);
    await expect(`${text}\n${gone}`).toMatchFileSnapshot(`golden/env-${shell}.txt`);
  });

  test("values that cmd, PowerShell and Emacs read something into", () => {
    expect(shells.cmd?.set("A", "a b&c")).toBe('SET "A=a b&c"');
    expect(shells.powershell?.set("A", 'a"b$c`d\u201d')).toBe('$Env:A = "a`"b`$c``d`\u201d"');
    expect(shells.emacs?.set("A", 'a"b\\c')).toBe('(setenv "A" "a\\"b\\\\c")');
  });

  test("the shell is told by SHELL, by flag, else sh; on Windows cmd or PowerShell", async () => {
    expect(detectShell({ SHELL: "/usr/bin/fish" }, "linux")).toBe("fish");
    expect(detectShell({ SHELL: "/opt/nushell" }, "linux")).toBe("sh");
    expect(detectShell({}, "linux")).toBe("sh");
    expect(detectShell({}, "win32")).toBe("cmd");
    expect(detectShell({ PSModulePath: "C:\\Users\\x\\Documents\\WindowsPowerShell\\Modules" }, "win32")).toBe(
      "powershell",
    );
    expect((await run(["env", "db"], { env: { SHELL: "/bin/tcsh" } })).stdout).toMatch(
      /^setenv DOCKER_TLS_VERIFY "1";$/m,
    );
    expect((await run(["env", "db", "--shell", "fish"], { env: { SHELL: "/bin/sh" } })).stdout).toContain("set -gx");
  });

  test("--no-proxy keeps what is there and spells it as it is there", async () => {
    const lines = async (env: Record<string, string>, ...flags: string[]) =>
      (await run(["env", "--no-proxy", ...flags], { env })).stdout.match(/.*no_proxy.*/gi)?.[0];
    expect(await lines({}, "db")).toBe('export NO_PROXY="10.0.0.2"');
    expect(await lines({ NO_PROXY: "a,10.0.0.2" }, "db")).toBe('export NO_PROXY="a,10.0.0.2"');
    expect(await lines({ no_proxy: "a", NO_PROXY: "b" }, "db")).toBe('export no_proxy="a,10.0.0.2"');
    expect(await lines({ no_proxy: "a" }, "-u")).toBe('export no_proxy="a"');
  });

  test("an engine without TLS takes the TLS variables away", async () => {
    const connect = async () => ({ machine: "db", url: "tcp://h:2375", certPath: "/c", tls: false });
    const { machinist } = fakeMachinist({ machines: [info("db")], overrides: { connection: connect } });
    const { stdout } = await run(["env", "db"], { machinist });
    expect(stdout).toContain('unset DOCKER_TLS_VERIFY\nexport DOCKER_HOST="tcp://h:2375"\nunset DOCKER_CERT_PATH\n');
  });

  test("-u with a name is wrong use; --json gives the variables", async () => {
    expect((await run(["env", "-u", "db"])).code).toBe(2);
    expect(JSON.parse((await run(["env", "db", "--json"])).stdout)).toEqual({
      DOCKER_TLS_VERIFY: "1",
      DOCKER_HOST: "tcp://10.0.0.2:2376",
      DOCKER_CERT_PATH: "/store/machines/db",
      DOCKER_MACHINE_NAME: "db",
    });
  });

  test("the advice repeats what was typed", async () => {
    const { stdout } = await run(["-s", "/x", "env", "--no-proxy", "--shell", "bash", "db"]);
    expect(stdout).toContain("# eval $(machinist -s /x env --no-proxy --shell bash db)\n");
  });
});
