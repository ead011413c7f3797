import { existsSync, readdirSync } from "node:fs";
import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

/** Where `npm test` unpacks Debian packages that it does not install: openssh-server would serve this computer. */
const debian = fileURLToPath(new URL("../../../../.work/debian", import.meta.url));
const tree = join(debian, "openssh-server/tree");

/** Since OpenSSH 9.8 sshd is several programs, looked for where they would be installed. */
const PARTS = { SshdSessionPath: "sshd-session", SshdAuthPath: "sshd-auth" };

export interface UnpackedSshd {
  /** Lines of its configuration that name its parts. */
  readonly settings: readonly string[];
  /** What starts it, to be followed by its own arguments; `dir` is for a file. */
  argv(dir: string): Promise<string[]>;
}

/** The server out of the unpacked package; undefined where there is none or this is not root. */
export function unpackedSshd(): UnpackedSshd | undefined {
  const sshd = join(tree, "usr/sbin/sshd");
  if (!existsSync(sshd) || process.getuid?.() !== 0) return undefined;
  const libraries = join(debian, "libwrap0/tree/usr/lib");
  const folders = existsSync(libraries) ? readdirSync(libraries).map((name) => join(libraries, name)) : [];
  return {
    settings: Object.entries(PARTS)
      .map(([keyword, name]) => [keyword, join(tree, "usr/lib/openssh", name)] as const)
      .filter(([, path]) => existsSync(path))
      .map((words) => words.join(" ")),
    async argv(dir) {
      // It drops its privileges to a user that installing it makes. Here only the server itself sees that user.
      const users = join(dir, "passwd");
      await writeFile(
        users,
        `${await readFile("/etc/passwd", "utf8")}sshd:x:65533:65534::/run/sshd:/usr/sbin/nologin\n`,
      );
      const inside = 'mount --bind "$1" /etc/passwd && shift && exec "$@"';
      const library = `LD_LIBRARY_PATH=${folders.join(":")}`;
      return ["unshare", "--mount", "sh", "-c", inside, "sh", users, "env", library, sshd];
    },
  };
}
