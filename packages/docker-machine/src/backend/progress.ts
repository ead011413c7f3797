import type { Event, Run } from "@machinist/core";
import type { Call } from "../command.ts";

/** Tell what a run does, as docker-machine tells it: what concerns people on stdout, all of it with --debug on stderr. */
export async function follow(call: Call, run: Run<unknown>, onEvent: (event: Event) => void = () => {}): Promise<void> {
  const told = new Set<string>();
  for await (const event of run) {
    onEvent(event);
    const line = lineOf(event);
    // A step is told of once, however often it is looked at.
    if (line !== undefined && !told.has(line)) {
      told.add(line);
      call.io.out(`${line}\n`);
    } else if (call.debug && event.type === "log") call.io.err(`(${event.id}) DBG | ${event.message}\n`);
  }
}

const steps: Readonly<Record<string, string>> = {
  docker: "Installing Docker...",
  certificates: "Copying certs to the remote machine...",
  configuration: "Setting Docker configuration on the remote daemon...",
};

function lineOf(event: Event): string | undefined {
  if (event.type === "step" && event.status === "applying") return steps[event.step];
  if (event.type === "log" && (event.level === "warn" || event.level === "info"))
    return `(${scopeOf(event.id)}) ${event.message}`;
  if (event.type !== "resource") return undefined;
  const engine = event.kind === "docker.engine";
  if (event.status === "waiting" && event.detail !== undefined) return `Waiting for ${event.detail}...`;
  if (event.status === "creating") return engine ? "Detecting the provisioner..." : undefined;
  if (event.status === "ready" && engine) return "Docker is up and running!";
  return undefined;
}

const scopeOf = (id: string): string => id.split("/", 1)[0]!;
