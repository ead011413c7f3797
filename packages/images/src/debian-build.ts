import { chmod, mkdir, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { isMachinistError, MachinistError } from "@machinist/core";
import { findProgram, run } from "@machinist/programs";
import { customize, dpkgOptions, type Recipe, recipeOf } from "./debian-recipe.ts";
import { refuseFullDisk } from "./download.ts";
import type { ImageCall, ImageSource } from "./source.ts";

/** Programs needed, and the Debian package each comes with. */
const TOOLS: readonly (readonly [program: string, debianPackage: string])[] = [
  ["mmdebstrap", "mmdebstrap"],
  ["tar", "tar"],
  ["sfdisk", "fdisk"],
  ["mke2fs", "e2fsprogs"],
  ["qemu-img", "qemu-utils"],
];

/** Without root: user namespaces for the packages' own scripts, and pretended owners for the file system. */
const WITHOUT_ROOT: typeof TOOLS = [
  ["newuidmap", "uidmap"],
  ["fakeroot", "fakeroot"],
];

const BUILD_MS = 30 * 60_000;
/** The packages, the tree, the raw disk and the finished one are there at once for a moment. */
const ROOM = 6 * 2 ** 30;

const isRoot = (): boolean => process.getuid?.() === 0;

/** Throws `images.tools` or `images.platform` where no disk can be built. */
export async function checkBuilder(): Promise<void> {
  if (process.platform !== "linux" || process.arch !== "x64")
    throw new MachinistError("images.platform", "Disks can be built from Debian packages on Linux on x86-64 only", {
      hint: "Give the URL of a cloud image with its checksum instead",
    });
  const needed = isRoot() ? TOOLS : [...TOOLS, ...WITHOUT_ROOT];
  const missing = needed.filter(([program]) => findProgram(program) === undefined);
  if (missing.length === 0) return;
  throw new MachinistError("images.tools", `Programs are missing: ${missing.map(([program]) => program).join(", ")}`, {
    hint: `apt-get install ${missing.map(([, each]) => each).join(" ")}`,
  });
}

/** Build a disk that boots by itself, from Debian packages. About two minutes. */
export async function buildDebian(release: string, source: ImageSource, disk: string, call: ImageCall): Promise<void> {
  await checkBuilder();
  await refuseFullDisk(disk, ROOM);
  const recipe = recipeOf(release, source);
  const work = join(dirname(disk), "build");
  await rm(work, { recursive: true, force: true });
  await mkdir(work, { recursive: true });
  const { signal } = call;
  try {
    call.log(`Building a disk from Debian ${release}; this is done once`);
    const stage = (done: number): void => call.progress(done, 3, "steps");
    stage(0);
    await writeFiles(join(work, "files"), recipe);
    await run(bootstrapArgv(release, recipe, await hostMirror()), {
      signal,
      cwd: work,
      timeoutMs: BUILD_MS,
      // Killed, the first process of the namespace takes all others with it; without root mmdebstrap tidies up itself.
      killSignal: isRoot() ? "SIGKILL" : "SIGTERM",
      // Its tree lies in the work folder, so that it is removed with it. Other users' processes, which it has where this
      // is not root, cannot go there.
      ...(isRoot() ? { env: { ...process.env, TMPDIR: work } } : {}),
      onLine: (line) => {
        if (line.startsWith("I: ")) call.log(line.slice(3));
      },
    });
    stage(1);
    call.log("Writing the disk");
    const script = ["sh", "-c", recipe.script, "sh", work, recipe.uuid, disk];
    await run(isRoot() ? script : ["fakeroot", "--", ...script], { signal, timeoutMs: BUILD_MS });
    stage(3);
  } catch (cause) {
    if (!isMachinistError(cause) || !cause.code.startsWith("program.")) throw cause;
    throw new MachinistError("images.build", `The disk could not be built: ${cause.message}`, {
      cause,
      retryable: true,
      hint: "Check that this computer reaches an apt mirror, or name one with the mirror option",
    });
  } finally {
    await rm(work, { recursive: true, force: true });
  }
}

async function writeFiles(folder: string, recipe: Recipe): Promise<void> {
  for (const { path, content, mode } of recipe.files) {
    const file = join(folder, path);
    await mkdir(dirname(file), { recursive: true, mode: 0o755 });
    await writeFile(file, content);
    await chmod(file, mode);
  }
}

/** What makes the tree. As root in a pid and mount namespace of its own: nothing of it outlives us. Run in the work folder. Pure. */
export function bootstrapArgv(release: string, recipe: Recipe, mirror: string): string[] {
  const own = [
    "setpriv",
    "--pdeathsig",
    "KILL",
    "unshare",
    "--mount",
    "--pid",
    "--fork",
    "--kill-child",
    "--mount-proc",
  ];
  const from = recipe.mirror || mirror;
  return [
    ...(isRoot() ? own : []),
    "mmdebstrap",
    "--variant=minbase",
    "--format=tar",
    ...dpkgOptions.map((each) => `--dpkgopt=${each}`),
    `--include=${recipe.packages.join(",")}`,
    // Before the kernel comes: its first initramfs is made as these files say.
    "--essential-hook=sync-in files /",
    ...customize.map((each) => `--customize-hook=${each}`),
    release,
    "tree.tar",
    ...(from === "" ? [] : [from]),
  ];
}

/** Where everyone gets Debian: mmdebstrap goes there by itself, for security updates too. */
const PUBLIC = /^https?:\/\/(deb|security)\.debian\.org\//;

/** The Debian mirror that this computer's own apt sources name, if it is not the public one; else empty. */
async function hostMirror(apt = "/etc/apt"): Promise<string> {
  const folder = join(apt, "sources.list.d");
  const names = (await readdir(folder).catch(() => [])).filter((name) => /\.(list|sources)$/.test(name)).sort();
  for (const path of [join(apt, "sources.list"), ...names.map((name) => join(folder, name))])
    for (const line of (await readFile(path, "utf8").catch(() => "")).split("\n")) {
      if (!/^\s*(deb\s|URIs:)/.test(line)) continue;
      const mirror = line.split(/\s+/).find((word) => /^https?:\/\/\S+\/debian\/?$/.test(word) && !PUBLIC.test(word));
      if (mirror) return mirror;
    }
  return "";
}
