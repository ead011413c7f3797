import { CliError, isComplaint } from "../cli-error.ts";
import type { Call } from "../command.ts";
import { type Host, loadHost, pathOf } from "./load.ts";

const standard = "default";

/** The names on the command line, or `default` where there is such a machine. */
export function namesOr(call: Call): readonly string[] {
  if (call.args.length > 0) return call.args;
  if (pathOf(call.storePath, standard) !== undefined) return [standard];
  throw new CliError('Error: No machine name(s) specified and no "default" machine exists');
}

/** The one machine that is meant. Throws a Complaint where several are named, with the help where that is the custom. */
export function oneHost(call: Call, help = false): Host {
  const names = namesOr(call);
  if (names.length > 1) throw new CliError("Error: Expected one machine name as an argument", { help });
  return loadHost(call.storePath, names[0]!);
}

/** All that are meant; where one cannot be loaded, all that cannot are named and nothing is done. */
export function allHosts(call: Call): Host[] {
  const problems: string[] = [];
  const hosts = namesOr(call).flatMap((name) => {
    try {
      return [loadHost(call.storePath, name)];
    } catch (thrown) {
      if (!isComplaint(thrown)) throw thrown;
      problems.push(thrown.message);
      return [];
    }
  });
  if (problems.length > 0) throw new CliError([...new Set(problems)].join("\n"));
  return hosts;
}
