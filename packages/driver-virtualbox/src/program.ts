import { homedir } from "node:os";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { createLimit, type DriverContext, lockFile, MachinistError } from "@machinist/core";
import { attempt, type Ended, findProgram, isExecutable } from "@machinist/programs";
import { failure, isMissing, neverAsked } from "./failure.ts";

export interface CommandOptions {
  readonly signal?: AbortSignal;
  /** Deadline in ms. Default one minute. */
  readonly timeoutMs?: number;
}

/** VBoxManage, the only way this driver speaks to VirtualBox. */
export interface Program {
  /** Run a command that must succeed; what it wrote to stdout. Throws `virtualbox.*`. */
  run(args: readonly string[], options?: CommandOptions): Promise<string>;
  /** Like `run`; undefined where VirtualBox says that the machine or medium it is about is not there. */
  find(args: readonly string[], options?: CommandOptions): Promise<string | undefined>;
  /** Work that no other machinist may do at the same time on the same VirtualBox (a user's own). */
  exclusive<T>(signal: AbortSignal, work: () => Promise<T>): Promise<T>;
  /** Have VirtualBox know these disks, in this order. Many who ask at once share the answer. */
  open(chain: readonly string[]): Promise<void>;
}

/** Each is a process that talks to the user's one VBoxSVC: more at once only wait for each other there. */
const AT_ONCE = 4;

const COMMAND_MS = 60_000;

/** How often a service that did not come up is asked for again, and how much longer each time, in ms. */
const STARTS = 5;
const START_PAUSE_MS = 250;

/** Of several machines that are made at once, the last waits for all others. */
const LOCK_WAIT_MS = 15 * 60_000;

/** Where VirtualBox keeps what it knows of a user's machines. One such folder, one VBoxSVC, one lock. */
const HOMES: Readonly<Record<string, string>> = { darwin: "Library/VirtualBox", win32: ".VirtualBox" };

export function createProgram({ env }: Pick<DriverContext, "env">): Program {
  const limit = createLimit(AT_ONCE);
  const queue = createLimit(1);
  const starter = createLimit(1);
  const opening = new Map<string, Promise<void>>();
  const home = env.VBOX_USER_HOME ?? join(homedir(), HOMES[process.platform] ?? ".config/VirtualBox");
  const answerTo = async (args: readonly string[], options: CommandOptions = {}): Promise<Ended> => {
    const ask = () => attempt([programPath(env), ...args], { env, timeoutMs: COMMAND_MS, ...options });
    const first = await limit(ask);
    if (!unheard(first)) return first;
    // Several that start the service at the same time can be in each other's way, and one that is ending must be gone
    // first. Nothing was asked of it yet.
    return starter(async () => {
      let answer = first;
      for (let again = 0; again < STARTS && unheard(answer); again++) {
        await delay(again * START_PAUSE_MS, undefined, options.signal ? { signal: options.signal } : {});
        answer = await ask();
      }
      return answer;
    });
  };
  const run: Program["run"] = async (args, options) => {
    const answer = await answerTo(args, options);
    if (answer.code !== 0) throw failure(args, answer.stderr || answer.stdout);
    return answer.stdout;
  };
  const openAll = async (chain: readonly string[]) => {
    for (const path of chain) await run(["showmediuminfo", "disk", path]);
  };
  return {
    run,
    async find(args, options) {
      const answer = await answerTo(args, options);
      if (answer.code === 0) return answer.stdout;
      if (isMissing(answer.stderr)) return undefined;
      throw failure(args, answer.stderr || answer.stdout);
    },
    exclusive: (signal, work) =>
      queue(async () => {
        const lock = await lockFile(join(home, "machinist.lock"), { waitMs: LOCK_WAIT_MS, signal, what: "VirtualBox" });
        return work().finally(() => lock.release());
      }),
    open(chain) {
      const key = chain.join();
      const underWay = opening.get(key) ?? openAll(chain).finally(() => opening.delete(key));
      opening.set(key, underWay);
      return underWay;
    },
  };
}

/** Where installers put it without touching PATH. */
const PLACES = ["/usr/local/bin", "/usr/bin", "/Applications/VirtualBox.app/Contents/MacOS", "/opt/VirtualBox"];

/** `$VBOXMANAGE`, or the first one found. Throws `virtualbox.missing`. */
export function programPath(env: DriverContext["env"], platform: string = process.platform): string {
  const name = platform === "win32" ? "VBoxManage.exe" : "VBoxManage";
  const asked = env.VBOXMANAGE;
  if (asked && isExecutable(asked)) return asked;
  const places = env.VBOX_MSI_INSTALL_PATH ? [env.VBOX_MSI_INSTALL_PATH, ...PLACES] : PLACES;
  const found = asked ? undefined : findProgram(name, env, places);
  if (found !== undefined) return found;
  const message = asked
    ? `$VBOXMANAGE names ${asked}, which cannot be run`
    : "VBoxManage was not found: is VirtualBox installed?";
  throw new MachinistError("virtualbox.missing", message, {
    hint: "Install VirtualBox 6.1 or later, or set VBOXMANAGE to the path of its VBoxManage",
  });
}

const unheard = ({ code, stderr }: Ended): boolean => code !== 0 && neverAsked(stderr);
