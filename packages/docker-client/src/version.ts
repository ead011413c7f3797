import { MachinistError } from "@machinist/core";

/** API versions this client speaks: Docker 1.12 (2016) up to 27; newer engines still serve the newest of these. */
export const OLDEST_API = "1.24";
export const NEWEST_API = "1.47";

/** The newest API version both sides speak, given what the engine announced (`Api-Version` of `/_ping`). */
export function agreeOnVersion(announced: string | undefined): string {
  // An engine that says nothing is as old as can be.
  if (announced === undefined || announced === "") return OLDEST_API;
  if (!/^\d+\.\d+$/.test(announced))
    throw new MachinistError(
      "docker.version",
      `What answered is not Docker: it announced API version "${announced.slice(0, 40)}"`,
    );
  if (compareVersions(announced, OLDEST_API) < 0)
    throw new MachinistError(
      "docker.version",
      `The engine speaks API ${announced}; ${OLDEST_API} is the oldest we speak`,
      {
        hint: "Upgrade Docker on that machine.",
      },
    );
  return compareVersions(announced, NEWEST_API) < 0 ? announced : NEWEST_API;
}

function compareVersions(a: string, b: string): number {
  const [majorA = 0, minorA = 0] = a.split(".").map(Number);
  const [majorB = 0, minorB = 0] = b.split(".").map(Number);
  return majorA - majorB || minorA - minorB;
}
