import { CliError } from "../cli-error.ts";
import type { Call, Copying } from "../command.ts";
import type { CopyPath } from "../copy-path.ts";
import { loadHost } from "../host/load.ts";
import { sshArguments } from "./ssh.ts";

/** Copy between two places by the scp, rsync or cp of this computer; between two machines by way of it. */
export async function copy(call: Call, from: CopyPath, to: CopyPath, copying: Copying): Promise<void> {
  const [source, destination] = [await reached(call, from), await reached(call, to)];
  const remote = [source, destination].find(({ options }) => options.length > 0);
  const args = [source.path, destination.path];
  const code = copying.delta
    ? await byRsync(call, remote?.options ?? [], args, copying)
    : remote === undefined
      ? await call.io.suspendTerminal("cp", [...(copying.recursive ? ["-r"] : []), ...args])
      : await byScp(call, [source, destination], args, copying);
  if (code !== 0) throw new CliError(`exit status ${code}`);
}

interface Reached {
  readonly path: string;
  readonly options: readonly string[];
}

async function reached(call: Call, place: CopyPath): Promise<Reached> {
  // A path that begins with a dash is none of the program's flags.
  if (place.machine === undefined)
    return { path: place.path.startsWith("-") ? `./${place.path}` : place.path, options: [] };
  const { options, destination } = await sshArguments(call, loadHost(call.storePath, place.machine), place.user);
  return { path: `${destination}:${place.path}`, options };
}

function byScp(
  call: Call,
  sides: readonly [Reached, Reached],
  args: readonly string[],
  copying: Copying,
): Promise<number> {
  // Between two machines one set of options must serve both; each machine's key and pinned host are in it.
  const options =
    sides[0].options.length > 0 && sides[1].options.length > 0
      ? merged(sides)
      : [...sides[0].options, ...sides[1].options];
  return call.io.suspendTerminal("scp", [
    "-3",
    ...options,
    ...(copying.recursive ? ["-r"] : []),
    ...(copying.quiet ? ["-q"] : []),
    ...args,
  ]);
}

/** ssh takes several keys, and several files of pinned hosts in one value; of all else the first counts. */
function merged([one, other]: readonly [Reached, Reached]): string[] {
  const settingOf = (options: readonly string[], key: string) =>
    options.find((option) => option.startsWith(`${key}=`))?.slice(key.length + 1) ?? "";
  if (settingOf(one.options, "Port") !== settingOf(other.options, "Port"))
    throw new CliError("Both machines must have SSH on the same port; copy to this computer first, then on");
  const pinned = [settingOf(one.options, "UserKnownHostsFile"), settingOf(other.options, "UserKnownHostsFile")];
  const keys = other.options.filter((option) => option.startsWith("IdentityFile=") && !one.options.includes(option));
  // Unless both have their own, other keys must be tried.
  const only = [one, other].every(({ options }) => settingOf(options, "IdentitiesOnly") === "yes");
  return [
    ...one.options.map((option) => {
      if (option.startsWith("UserKnownHostsFile=")) return `UserKnownHostsFile=${pinned.map(quoted).join(" ")}`;
      return option.startsWith("IdentitiesOnly=") && !only ? "IdentitiesOnly=no" : option;
    }),
    ...keys.flatMap((option) => ["-o", option]),
  ];
}

const quoted = (path: string): string => (/[\s"]/.test(path) ? `"${path}"` : path);

function byRsync(call: Call, options: readonly string[], args: readonly string[], copying: Copying): Promise<number> {
  const shell = ["ssh", ...options]
    .map((word) => (/[\s"']/.test(word) ? `'${word.replaceAll("'", "''")}'` : word))
    .join(" ");
  const flags = [...(copying.recursive ? ["-r"] : []), ...(copying.quiet ? ["-q"] : ["--progress"])];
  return call.io.suspendTerminal("rsync", ["--partial", "-e", shell, ...flags, ...args]);
}
