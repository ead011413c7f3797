import { setTimeout as sleep } from "node:timers/promises";
import { MachinistError, type Output } from "@machinist/core";
import type { Distro, Installer } from "../distro/index.ts";
import { failure, lastLines } from "../host/failure.ts";
import type { Work } from "./work.ts";

/** How long another's lock is waited for, and how long one command may take, in ms. */
const LOCK_PATIENCE_MS = 600_000;
const COMMAND_MS = 1_200_000;
const LOCK_POLL_MS = 2_000;

/** Downloads to a file that only becomes visible when it is whole. */
const FETCH_SCRIPT = `
url=$1 path=$2
part="$path.machinist-part"
umask 022
if command -v curl > /dev/null; then curl -fsSL --proto '=https' --retry 3 --connect-timeout 20 -o "$part" "$url"
elif command -v wget > /dev/null; then wget -q -T 20 -O "$part" "$url"
else echo "neither curl nor wget is installed" >&2; exit 69; fi
code=$?
if [ "$code" -eq 0 ]; then mv -f "$part" "$path"; else rm -f "$part"; exit "$code"; fi
`;

/** What the adapters work with, on a real host. */
export function installerFor(work: Work, distro: Distro): Installer {
  const { facts, props, reach, call } = work;
  const { machine } = props;

  const patient = async (argv: readonly string[]): Promise<Output> => {
    const begun = Date.now();
    let repaired = false;
    for (;;) {
      const output = await reach.run(argv, { timeoutMs: COMMAND_MS, tell: true });
      if (output.code === 0) return output;
      const text = `${output.stdout}\n${output.stderr}`;
      if (distro.repair?.when.test(text) && !repaired) {
        repaired = true;
        call.log("An earlier installation was cut off; finishing it first", "info");
        await reach.run(distro.repair.run, { timeoutMs: COMMAND_MS, tell: true });
        continue;
      }
      if (!distro.locked.test(text)) return output;
      if (Date.now() - begun > LOCK_PATIENCE_MS) throw locked(machine, output);
      call.log(`Waiting for the package manager's lock: ${heldBy(text)}`, "info");
      await sleep(LOCK_POLL_MS, undefined, { signal: reach.signal });
    }
  };
  const must = async (argv: readonly string[]): Promise<string> => {
    const output = await patient(argv);
    if (output.code === 0) return output.stdout;
    const inTheWay = distro.conflicts?.(`${output.stdout}\n${output.stderr}`) ?? [];
    if (inTheWay.length > 0) throw conflict(machine, inTheWay, output);
    throw failure(output, machine) ?? notInstalled(machine, argv, output);
  };

  return {
    os: facts.os,
    arch: facts.arch,
    version: props.version,
    warn: (message) => call.log(message, "warn"),
    run: must,
    attempt: async (argv) => {
      const output = await patient(argv);
      return output.code === 0 ? output.stdout : undefined;
    },
    fetch: async (url, path) => {
      const output = await reach.script(FETCH_SCRIPT, [url, path], { timeoutMs: 120_000 });
      if (output.code !== 0) throw failure(output, machine) ?? notFetched(machine, url, output);
    },
    write: (path, content) => reach.host.write(path, content, { mode: 0o644, sudo: true, signal: reach.signal }),
  };
}

/** The program's own words on who has the lock. */
const heldBy = (text: string): string =>
  text
    .split("\n")
    .map((line) => line.replace(/^E: /, "").trim())
    .find((line) => /lock|process|pid/i.test(line)) ?? "held by another process";

const conflict = (machine: string, packages: readonly string[], output: Output): MachinistError =>
  new MachinistError(
    "provision.conflict",
    `To install Docker on ${machine} these packages would have to be removed: ${packages.join(", ")}`,
    {
      cause: lastLines(output),
      hint: "Nothing was removed. If they may go, remove them there; else choose another source (engine.install), or install Docker there yourself and set `engine.install: none`.",
    },
  );

const notInstalled = (machine: string, argv: readonly string[], output: Output): MachinistError => {
  const program = argv.find((word) => !/^env$|=/.test(word)) ?? "the package manager";
  const last = lastLines(output, 1);
  return new MachinistError(
    "provision.install",
    `${program} failed on ${machine} (exit code ${output.code}): ${last}`,
    {
      cause: lastLines(output),
      hint: `Check the host's package sources and network (machinist ssh ${machine}), then type the same command again.`,
    },
  );
};

const notFetched = (machine: string, url: string, output: Output): MachinistError =>
  new MachinistError("provision.download", `${machine} could not download ${url}: ${lastLines(output, 1)}`, {
    cause: lastLines(output),
    hint: "Check the host's network and DNS, and that curl or wget is installed there.",
  });

const locked = (machine: string, output: Output): MachinistError =>
  new MachinistError(
    "provision.locked",
    `The package manager of ${machine} is still locked: ${heldBy(output.stderr)}`,
    {
      hint: `See what holds it (machinist ssh ${machine} ps ax), then type the same command again.`,
      retryable: true,
    },
  );
