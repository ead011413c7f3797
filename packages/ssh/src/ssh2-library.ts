import { MachinistError } from "@machinist/core";

/** ssh2 costs some 35 ms to load: only what really connects pays for it. Throws `ssh.library`, which no waiting mends. */
export async function loadSsh2() {
  try {
    return (await import("ssh2")).default;
  } catch (cause) {
    throw new MachinistError("ssh.library", "The SSH library (ssh2) cannot be loaded", {
      cause,
      hint: "Install machinist again: npm install -g @machinist/cli",
    });
  }
}
