import { spawnSync } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { describeUnless } from "../../../test/skipped.ts";
import { hasTmux, program, Tmux } from "./tmux.ts";

const lack = hasTmux ? undefined : "there is no tmux here";

/** However the dashboard ends, the terminal is as it was: its modes (stty), its cursor, its screen. */
describeUnless(lack, "the terminal", () => {
  let folder = "";
  let terminal: Tmux;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), "machinist-terminal-"));
    terminal = new Tmux(100, 24, { MACHINE_STORAGE_PATH: join(folder, "store"), PATH: process.env.PATH ?? "" });
    terminal.type(`stty -a > ${folder}/before; echo the shell was here\n`);
  });
  afterEach(() => {
    terminal.close();
    rmSync(folder, { recursive: true, force: true });
  });

  const until = (see: () => string) => expect.poll(see);

  async function open(): Promise<number> {
    terminal.type(`"${process.execPath}" "${program}"; echo "code $?"\n`);
    await until(() => terminal.screen()).toContain("There are no machines here yet");
    expect(terminal.ask("#{alternate_on} #{cursor_flag}")).toBe("1 0");
    const shell = terminal.ask("#{pane_pid}");
    return Number(spawnSync("pgrep", ["-P", shell], { encoding: "utf8" }).stdout.trim());
  }

  async function isAsItWas(): Promise<void> {
    await until(() => terminal.ask("#{alternate_on} #{cursor_flag} #{wrap_flag} #{bracket_paste_flag}")).toMatch(
      /^0 1 1/,
    );
    await until(() => terminal.screen()).toContain("the shell was here");
    terminal.press("ctrl-u");
    terminal.type(`stty -a > ${folder}/after; echo written\n`);
    await until(() => terminal.screen()).toMatch(/^written/m);
    expect(readFileSync(join(folder, "after"), "utf8")).toBe(readFileSync(join(folder, "before"), "utf8"));
  }

  test.each([
    ["q", "code 0"],
    ["ctrl-c", "code 0"],
  ])("after %s", async (key, code) => {
    await open();
    terminal.press(key);
    await until(() => terminal.screen()).toContain(code);
    await isAsItWas();
  });

  test.each(["SIGTERM", "SIGINT", "SIGHUP"] as const)("after %s", async (signal) => {
    const pid = await open();
    process.kill(pid, signal);
    await until(() => terminal.screen()).toContain("code 130");
    await isAsItWas();
  });

  test("after Ctrl-Z, and the dashboard after fg; also when another size came meanwhile", async () => {
    await open();
    terminal.press("ctrl-z");
    await until(() => terminal.screen()).toContain("Stopped");
    await isAsItWas();
    terminal.resize(70, 20);
    terminal.type("fg\n");
    await until(() => terminal.ask("#{alternate_on}")).toBe("1");
    await until(() => terminal.screen()).toContain("There are no machines here yet");
    terminal.resize(90, 22);
    await until(() => String(terminal.screen().trimEnd().split("\n").length)).toBe("22");
    terminal.press("q");
    await until(() => terminal.ask("#{alternate_on}")).toBe("0");
  });

  // Without CI in its environment: where that is set, the questions are shown only when they are over.
  const init = `env -u CI -u CONTINUOUS_INTEGRATION "${process.execPath}" "${program}" init; echo "code $?"\n`;

  test("after questions that were broken off, and after answers", async () => {
    const line = `cd ${folder}; ${init}`;
    terminal.type(line);
    await until(() => terminal.screen()).toContain("Which driver?");
    terminal.press("ctrl-c");
    await until(() => terminal.screen()).toContain("code 130");
    await isAsItWas();
    expect(existsSync(join(folder, "machines.yaml"))).toBe(false);
    terminal.type(`clear; echo the shell was here; ${init}`);
    // The questions of before are on the screen until it is cleared: a key pressed then reaches the shell.
    await until(() => terminal.screen()).toMatch(/^the shell was here\n\? .*Which driver\?/m);
    for (const question of ["Which driver?", "How many machines?", "Swarm managers?", "compose file"]) {
      await until(() => terminal.screen()).toMatch(new RegExp(`^\\? .*?${question.replace("?", "\\?")}`, "m"));
      terminal.press("enter");
    }
    await until(() => terminal.screen()).toContain("Wrote machines.yaml: 3 machines");
    await isAsItWas();
    expect(readFileSync(join(folder, "machines.yaml"), "utf8")).toContain("swarm: manager");
  });

  test("a terminal that dies takes the dashboard along", async () => {
    const pid = await open();
    terminal.close();
    await until(() => String(existsSync(`/proc/${pid}`))).toBe("false");
  });

  test("a dumb terminal, a pipe and --json get the overview", async () => {
    for (const line of ["TERM=dumb MACHINIST", "MACHINIST | cat", "MACHINIST --json"]) {
      terminal.type(`clear; ${line.replace("MACHINIST", `"${process.execPath}" "${program}"`)}\n`);
      await until(() => terminal.screen()).toContain("machinist COMMAND --help");
      expect(terminal.ask("#{alternate_on}")).toBe("0");
    }
  });
});
