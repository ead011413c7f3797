import { type ChildProcess, spawn } from "node:child_process";
import { closeSync, existsSync, openSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { isMachinistError, MachinistError } from "@machinist/core";
import { lastWords, searchPath } from "@machinist/programs";
import { findCarrier, leaderOf, markOf, type ProcessMark } from "./processes.ts";
import { bootedPid, type Instance } from "./tree.ts";

export interface BootSpec {
  readonly folder: string;
  readonly bridge: string;
  readonly instance: Instance;
  /** systemd runs this computer: it gives the machine a scope of its own, which outlives the user's session. */
  readonly systemd: boolean;
}

/**
 * $1 folder, $2 owner, $3 `scope` or `own`, $4 memory limit, $5 cpu limit, then systemd-nspawn and its arguments. The
 * overlay is mounted in this process's own mount namespace, so it goes when the machine goes, however that ends. Without
 * a systemd outside the machine gets a control group of its own in every hierarchy: else all machines would share one,
 * and each one's systemd would count the others' processes as its own.
 */
const SCRIPT = `set -eu
cd "$1"
owner=$2 groups=$3 memory=$4 cpus=$5
shift 5
echo $$ > pid.new
mv pid.new pid
put() { [ -z "$1" ] || [ ! -e "$2" ] || echo "$1" > "$2"; }
join() {
  mkdir -p "$1/machinist/$owner"
  for each in cpuset.cpus cpuset.mems; do
    if [ -e "$1/$each" ] && [ -e "$1/tasks" ]; then
      cat "$1/$each" > "$1/machinist/$each"
      cat "$1/$each" > "$1/machinist/$owner/$each"
    fi
  done
  if [ -e "$1/cgroup.controllers" ]; then
    for controller in $(cat "$1/cgroup.controllers"); do
      { echo "+$controller" > "$1/cgroup.subtree_control" && echo "+$controller" > "$1/machinist/cgroup.subtree_control"; } 2>/dev/null || :
    done
  fi
  put "$memory" "$1/machinist/$owner/memory.limit_in_bytes"
  put "$memory" "$1/machinist/$owner/memory.max"
  put "\${cpus:+\${cpus}000}" "$1/machinist/$owner/cpu.cfs_quota_us"
  put "\${cpus:+\${cpus}000 100000}" "$1/machinist/$owner/cpu.max"
  echo $$ > "$1/machinist/$owner/cgroup.procs"
}
if [ "$groups" = own ]; then
  if [ -e /sys/fs/cgroup/cgroup.procs ]; then join /sys/fs/cgroup
  else for each in /sys/fs/cgroup/*; do [ ! -e "$each/cgroup.procs" ] || [ -L "$each" ] || join "$each"; done
  fi
fi
group=
if [ -e /sys/fs/cgroup/cgroup.controllers ]; then
  group=/sys/fs/cgroup$(sed -n 's/^0:://p' /proc/self/cgroup)
  mkdir -p "$group/keeper"
  echo $$ > "$group/keeper/cgroup.procs"
  for controller in $(cat "$group/cgroup.controllers"); do
    echo "+$controller" > "$group/cgroup.subtree_control" 2>/dev/null || :
  done
fi
mount -t overlay overlay -o lowerdir=lower,upperdir=upper,workdir=work root
boots=0
while :; do
  boots=$((boots + 1)) code=0 members=/dev/null
  [ -z "$group" ] || { mkdir -p "$group/boot$boots"; members=$group/boot$boots/cgroup.procs; }
  setpriv --pdeathsig KILL sh -c 'echo $$ > "$0"; exec "$@"' "$members" "$@" || code=$?
  [ $code = 133 ] || exit $code
done
`;

/** Colons separate the parts of a bind in systemd-nspawn's eyes. */
const bind = (from: string, to: string): string => `--bind=${from.replace(/[\\:]/g, "\\$&")}:${to}`;

/** The machine itself: what systemd-nspawn is told. Pure. */
export const nspawnArgv = ({ folder, bridge, instance }: BootSpec): string[] => [
  "systemd-nspawn",
  "--quiet",
  `--directory=${join(folder, "root")}`,
  `--machine=${instance.owner}`,
  `--hostname=${instance.hostname}`,
  "--boot",
  "--register=no",
  "--keep-unit",
  "--settings=no",
  "--link-journal=no",
  "--resolv-conf=off",
  "--timezone=off",
  `--network-bridge=${bridge}`,
  // What Docker's own runtime needs inside. It also means: a machine container is no wall against its root.
  "--capability=all",
  "--system-call-filter=add_key keyctl bpf",
  bind(join(folder, "docker"), "/var/lib/docker"),
  bind(join(folder, "containerd"), "/var/lib/containerd"),
];

/** The whole chain of programs; up to the script each becomes the next, so one pid stands for the machine throughout. Pure. */
export function bootArgv(spec: BootSpec): string[] {
  const { folder, instance, systemd } = spec;
  const memory = instance.memory === undefined ? "" : String(instance.memory);
  const cpus = instance.cpus === undefined ? "" : String(Math.round(instance.cpus * 100));
  const scope = [
    ...["systemd-run", "--scope", "--quiet", "--collect", `--unit=machinist-${instance.owner}`],
    `--description=Machine ${instance.hostname}`,
    ...["--slice=machine.slice", "--property=Delegate=yes"],
    ...(memory === "" ? [] : [`--property=MemoryMax=${memory}`]),
    ...(cpus === "" ? [] : [`--property=CPUQuota=${cpus}%`]),
    "--",
  ];
  return [
    ...(systemd ? scope : []),
    ...["unshare", "--mount", "--propagation", "slave", "--", "sh", "-c", SCRIPT, "sh"],
    ...[folder, instance.owner, systemd ? "scope" : "own", memory, cpus],
    ...nspawnArgv(spec),
  ];
}

export const systemdRuns = (): boolean => existsSync("/run/systemd/system");

/**
 * Before a start is tried again, in ms. Of a machine that was killed a moment ago the kernel takes the network interfaces and
 * mounts down by and by, and systemd-nspawn ends when it finds some of them.
 */
const pauses = [300, 1500];

/** Start a machine that does not run. It has its own session and goes on when this process ends. */
export async function boot(spec: BootSpec, signal: AbortSignal): Promise<ProcessMark> {
  const { folder, instance } = spec;
  for (const pause of [...pauses, undefined]) {
    // A start that took too long may still be under way: it is the machine, and a second would be one too many.
    const running = await findCarrier(instance.owner, await bootedPid(folder));
    if (running) return running;
    try {
      return await attempt(spec, signal);
    } catch (thrown) {
      if (pause === undefined || !isMachinistError(thrown)) throw thrown;
      await delay(pause, undefined, { signal });
    }
  }
  throw await bootError(folder);
}

async function attempt(spec: BootSpec, signal: AbortSignal): Promise<ProcessMark> {
  const { folder } = spec;
  const [program = "", ...args] = bootArgv(spec);
  const log = openSync(logPath(folder), "a", 0o600);
  try {
    const child = spawn(program, args, {
      cwd: folder,
      detached: true,
      stdio: ["ignore", log, log],
      env: { PATH: searchPath(), LC_ALL: "C.UTF-8" },
    });
    child.on("error", () => {});
    child.unref();
    return await started(folder, child, signal);
  } finally {
    closeSync(log);
  }
}

/**
 * Wait until the machine's own init is there: the pid is written down by then, so anyone can find it, and what
 * systemd-nspawn refuses (no bridge, a busy tree) has been refused.
 */
async function started(folder: string, child: ChildProcess, signal: AbortSignal): Promise<ProcessMark> {
  const { pid } = child;
  for (let waited = 0; pid !== undefined && waited < 30_000; waited += 10) {
    signal.throwIfAborted();
    if (child.exitCode !== null || child.signalCode !== null) break;
    const mark = (await leaderOf(pid)) === undefined ? undefined : await markOf(pid);
    if (mark) return mark;
    await delay(10);
  }
  throw await bootError(folder);
}

/** Why a machine does not run, in its own last words. */
export async function bootError(folder: string): Promise<MachinistError> {
  const text = await readFile(logPath(folder), "utf8").catch(() => "");
  const words = lastWords(text.replace(/\u001b\[[0-9;?!]*[a-zA-Z]/g, ""), 4);
  return new MachinistError("nspawn.boot", `The machine did not start: ${words || "systemd-nspawn said nothing"}`, {
    hint: `See ${logPath(folder)}`,
  });
}

const logPath = (folder: string): string => join(folder, "console.log");
