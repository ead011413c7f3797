import type { Terminal } from "@machinist/core";
import type { Machinist } from "@machinist/fleet";
import { noticeOf } from "../effects/outcome-notice.ts";
import type { Effect } from "../state/effect.ts";
import type { Notice } from "../state/state.ts";

/** A terminal that is not the dashboard's for a while. */
export interface LentTerminal extends Terminal {
  /** A line for the person in front of it. */
  say(line: string): void;
}

interface ShellWorld {
  readonly machinist: Machinist;
  readonly signal: AbortSignal;
  suspendTerminal<T>(body: (terminal: LentTerminal) => Promise<T>): Promise<T>;
}

/**
 * In the container: the better shell of those it has. On the host as root, since docker's socket is root's. The
 * container's id is a parameter of the script, not a part of it.
 */
const inContainer = [
  'run="exec"; [ "$(id -u)" = 0 ] || run="exec sudo"',
  '$run docker exec -it "$1" sh -c "command -v bash >/dev/null 2>&1 && exec bash || exec sh"',
].join("\n");

/** A shell on a machine or in one of its containers. Resolves to what there is to say when it is over. */
export async function openShell(
  { machinist, signal, suspendTerminal }: ShellWorld,
  { machine, container }: Extract<Effect, { what: "shell" }>,
): Promise<Notice | undefined> {
  try {
    // Connected before the screen is given away: what cannot be reached is told on the screen.
    const host = await machinist.host(machine, { signal });
    const argv = container === undefined ? undefined : ["sh", "-c", inContainer, "sh", container.id];
    const code = await suspendTerminal((terminal) => {
      terminal.say(
        container === undefined ? `${machine} (exit leaves)` : `${container.name} on ${machine} (exit leaves)`,
      );
      return host.shell(terminal, argv);
    });
    return code === 0 ? undefined : { level: "warn", text: `The shell on ${machine} ended with ${code}` };
  } catch (thrown) {
    return noticeOf(thrown);
  }
}
