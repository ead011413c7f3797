import type { ScopeRecord } from "@machinist/core";

/** Machines that no manifest names belong to this fleet; they share what their drivers let them share. */
export const defaultFleet = "default";

/** Whether a machine was never whole, or a change of it was interrupted: not all of it was asked for and seen ready. */
export function isUnfinished({ scope, machine, resources }: ScopeRecord): boolean {
  const all = Object.values(resources);
  return (
    all.length === 0 ||
    all.some(({ status, unready }) => status !== "created" || unready) ||
    (machine !== undefined && machine.engine !== false && !resources[`${scope}/engine`])
  );
}

/** The command that goes on with an unfinished machine. */
export const resumeCommand = ({ scope, fleet }: ScopeRecord): string =>
  fleet === defaultFleet ? `machinist create ${scope}` : "machinist up";
