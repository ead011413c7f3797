import type { EngineApi } from "@machinist/core";
import type { ContainerVerb, Effect } from "../state/effect.ts";
import type { Notice } from "../state/state.ts";
import { noticeOf } from "./outcome-notice.ts";

/** An orderly stop takes up to ten seconds of the container's own. */
const timeoutMs = 60_000;

const done: { readonly [verb in ContainerVerb]: string } = {
  start: "Started",
  stop: "Stopped",
  restart: "Restarted",
  remove: "Removed",
};

interface Clients {
  of(machine: string): Promise<Pick<EngineApi, "request">>;
}

/** Start, stop, restart or remove one container, through its engine's API. */
export async function actOnContainer(
  clients: Clients,
  { verb, machine, container }: Extract<Effect, { what: "container" }>,
  signal: AbortSignal,
): Promise<Notice> {
  const path = `/containers/${container.id}`;
  try {
    const api = await clients.of(machine);
    if (verb === "remove") await api.request("DELETE", `${path}?force=1`, { signal, timeoutMs });
    else await api.request("POST", `${path}/${verb}`, { signal, timeoutMs });
    return { level: "info", text: `${done[verb]} container ${container.name} on ${machine}` };
  } catch (thrown) {
    return noticeOf(thrown);
  }
}
