import { oneLine } from "@machinist/terminal-text";
import { duration } from "../duration.ts";
import { isEnded, type Progress, type ResourceProgress, shortName } from "./progress.ts";

/** Of a hundred machines that wait, a log wants to know of some. */
const MOST = 5;

export interface Still {
  readonly scope: string;
  readonly text: string;
}

/** What is under way longest, and for how long: for a log in which nothing has happened for a while. Pure. */
export function still(progress: Progress, now: number): Still[] {
  const busy = [...progress.scopes.values()]
    .flatMap(({ scope, resources }) => [...resources.values()].map((resource) => ({ scope, resource })))
    .filter(({ resource }) => !isEnded(resource.status))
    .sort((a, b) => a.resource.since - b.resource.since);
  const told = busy
    .slice(0, MOST)
    .map(({ scope, resource }) => ({ scope, text: `${shortName(resource.id)} ${textOf(resource, now)}` }));
  return busy.length > MOST ? [...told, { scope: "", text: `and ${busy.length - MOST} more` }] : told;
}

function textOf({ status, detail, step, since }: ResourceProgress, now: number): string {
  const doing = detail ?? (step && step.status !== "applied" && step.status !== "unchanged" ? step.name : undefined);
  return `still ${status}${doing === undefined ? "" : `: ${oneLine(doing)}`} (${duration(now - since)})`;
}
