/** @typedef {import("./errors.mjs").ErrorEntry} ErrorEntry */

/** Areas whose hint the command line adds, since it knows what was typed. */
const added = new Map([
  ["usage", "See `machinist COMMAND --help`."],
  ["manifest", "Nothing was changed. Correct the file, then see what it would do: machinist plan"],
]);

/** Why nothing that a user could type would help. */
const reasons = new Map([
  ["amazonec2.hidden", "_Tried again until it can be seen._"],
  ["amazonec2.stale", "_Tried again with the present rules._"],
  ["blocked", "_Shown with the hint of what failed._"],
  ["context.no-engine", "_Tried again until Docker has an address._"],
  ["owner.spent", "_Tried again with a new tag._"],
  ["swarm.init", "_Tried again until it answers._"],
  ...["failed", "flags", "no-machine", "not-running"].map(
    (what) => /** @type {const} */ ([`driver.${what}`, "_Shown by docker-machine, in the words that it expects._"]),
  ),
  ...["fault", "gone", "refused", "running"].map(
    (what) =>
      /** @type {const} */ ([`simulated.${what}`, "_The simulated provider fails as a test or a demo told it to._"]),
  ),
  ...["config", "ended", "failed", "missing"].map(
    (what) => /** @type {const} */ ([`program.${what}`, "_The program's own words say what to do._"]),
  ),
  ["options.missing", "_The sentence names the ways to give it._"],
  ["options.unknown", "_The sentence names what there is._"],
  ["ssh.argument", "_A fault of the calling program._"],
  ["ssh.write", "_The host's own words say what to do._"],
  ["plugin.refused", "_The plugin's own words say what to do._"],
]);

/**
 * What to type next, or why there is nothing: no error goes without.
 * @param {ErrorEntry} entry
 * @returns {string[]} empty where somebody forgot
 */
export function hintsOf({ code, hints, varies }) {
  if (hints.size > 0) return [...hints];
  const other =
    reasons.get(code) ?? added.get(code.split(".")[0] ?? "") ?? (varies ? "_Depends on the case._" : undefined);
  return other === undefined ? [] : [other];
}
