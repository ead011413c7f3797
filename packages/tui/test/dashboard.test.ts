import type { Terminal } from "@machinist/core";
import { describe, expect, test } from "vitest";
import { openDashboard } from "../src/index.ts";
import { FakeDevice, fakeMachinist } from "./fake-world.ts";
import { info } from "./scene.ts";

const sgr = /\x1b\[[0-9;?]*[A-Za-z]/g;
const plain = (text: string): string => text.replace(sgr, "");

const infos = [info("web-1", { fleet: "demo" }), info("web-2", { fleet: "demo" })];

/** The dashboard on a terminal that is not there. */
function opened(more: Parameters<typeof fakeMachinist>[1] = {}) {
  const device = new FakeDevice();
  const { machinist, calls } = fakeMachinist(infos, more);
  const stop = new AbortController();
  const done = openDashboard({ machinist, device, env: { TERM: "xterm" }, signal: stop.signal });
  const sees = (text: string) => expect.poll(() => plain(device.text)).toContain(text);
  return { device, calls, stop, done, sees };
}

const takenAndGiven = (text: string): [number, number] => [
  text.split("\x1b[?1049h").length - 1,
  text.split("\x1b[?1049l").length - 1,
];

describe("the dashboard", () => {
  test("takes the terminal, shows machines, answers keys, and gives the terminal back", async () => {
    const { device, done, sees } = opened();
    await sees("web-2");
    device.stdin.write("\r");
    await sees("1 resources");
    device.stdin.write("qq");
    await done;
    expect(takenAndGiven(device.text)).toEqual([1, 1]);
    expect(device.text.endsWith("\x1b[?1049l")).toBe(true);
    expect(device.raws).toEqual([true, false]);
    expect(device.listenerCount("resize")).toBe(0);
    expect(device.stdin.isPaused()).toBe(true);
  });

  test("closes when it is told to, and when its terminal is gone", async () => {
    const told = opened();
    await told.sees("web-1");
    told.stop.abort();
    await told.done;
    expect(takenAndGiven(told.device.text)).toEqual([1, 1]);
    const gone = opened();
    await gone.sees("web-1");
    gone.device.stdin.end();
    await gone.done;
    const unread = opened();
    unread.device.gone.abort();
    await unread.done;
  });

  test("leaves no listener on the process behind", async () => {
    const count = () => ["SIGTSTP", "SIGCONT", "exit"].map((name) => process.listenerCount(name));
    const before = count();
    const { device, done, sees } = opened();
    await sees("web-1");
    device.stdin.write("q");
    await done;
    expect(count()).toEqual(before);
  });

  test("is drawn again at another size, and not at all while nothing changes", async () => {
    const { device, done, sees } = opened();
    await sees("2 unreachable");
    device.columns = 40;
    device.rows = 10;
    device.emit("resize");
    await expect.poll(() => device.text).toContain("\x1b[10;1H");
    let before = -1;
    while (before !== device.text.length) {
      before = device.text.length;
      await new Promise((resolve) => setTimeout(resolve, 300));
    }
    await new Promise((resolve) => setTimeout(resolve, 2500));
    expect(device.text.length).toBe(before);
    device.stdin.write("q");
    await done;
  });

  test("lends the terminal to a shell and takes it back", async () => {
    const shell = async ({ stdin, stdout }: Terminal) => {
      stdout.write("remote$ ");
      const typed = await new Promise<string>((resolve) => stdin.once("data", (piece) => resolve(String(piece))));
      stdout.write(`you typed ${typed}`);
      return 3;
    };
    const { device, done, sees } = opened({ host: async () => ({ shell }) as never });
    await sees("web-1");
    device.stdin.write("s");
    await sees("remote$ ");
    expect(takenAndGiven(device.text)).toEqual([1, 1]);
    device.stdin.write("q");
    await sees("you typed q");
    await sees("The shell on web-1 ended with 3");
    expect(takenAndGiven(device.text)).toEqual([2, 1]);
    device.stdin.write("q");
    await done;
    expect(device.raws).toEqual([true, false, true, false, true, false]);
  });

  test("does what is asked, says what came of it, and copies lines", async () => {
    const { device, calls, done, sees } = opened();
    await sees("web-1");
    device.stdin.write("c");
    await sees('Copied: eval "$(machinist env web-1)"');
    expect(device.text).toContain(`\x1b]52;c;${Buffer.from('eval "$(machinist env web-1)"').toString("base64")}\x07`);
    device.stdin.write("xy");
    await sees("Stopped web-1 in 1.2 s");
    device.stdin.write("*\x04y");
    await sees("Removed web-1, web-2 in 1.2 s");
    expect(calls).toEqual([
      ["power", "stop", ["web-1"]],
      ["remove", ["web-1", "web-2"]],
    ]);
    device.stdin.write("\x03");
    await done;
  });

  test("an escape alone is the escape key, though not at once", async () => {
    const { device, done, sees } = opened();
    await sees("web-1");
    device.stdin.write("/web");
    await sees("/web");
    device.stdin.write("\x1b");
    await sees("all machines");
    device.stdin.write("?\x1b[");
    // Timers of one process end in their order however late: this one before that which waits for more of a key.
    await new Promise((resolve) => setTimeout(resolve, 10));
    device.stdin.write("B");
    await sees("Keys and commands");
    device.stdin.write("qq");
    await done;
  });
});
