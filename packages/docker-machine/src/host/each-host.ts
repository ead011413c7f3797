import { messageOf } from "../cli-error.ts";
import type { Call } from "../command.ts";
import type { Host } from "./load.ts";
import { allHosts } from "./pick.ts";

/** Do something to every machine named, all at once; each that fails is told of. The exit code. */
export async function eachHost(call: Call, work: (host: Host) => Promise<void>): Promise<number> {
  const failures = await Promise.all(
    allHosts(call).map((host) =>
      work(host).then(
        () => [],
        (thrown: unknown) => [messageOf(thrown)],
      ),
    ),
  );
  const problems = failures.flat();
  if (problems.length > 0) call.io.err(`${problems.join("\n")}\n`);
  return problems.length > 0 ? 1 : 0;
}
