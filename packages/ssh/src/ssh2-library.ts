/** ssh2 costs some 35 ms to load: only what really connects pays for it. */
export async function loadSsh2() {
  return (await import("ssh2")).default;
}
