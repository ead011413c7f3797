import { access, constants, mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { release, tmpdir } from "node:os";
import { join } from "node:path";
import { asMachinistError, writeAtomic } from "@machinist/core";
import { attempt, lastWords } from "@machinist/programs";
import { probeDisk, probeExit } from "./probe-guest.ts";

export type Accel = "kvm" | "hvf" | "tcg";
export type Arch = "x86_64" | "arm64";

export interface Verdict {
  readonly accel: Accel;
  /** Why it is emulated; empty where it is not. */
  readonly reason: string;
}

export const hostArch = (): Arch => (process.arch === "arm64" ? "arm64" : "x86_64");

export const binaryOf = (arch: Arch): string => (arch === "arm64" ? "qemu-system-aarch64" : "qemu-system-x86_64");

/** A guest that does nothing but end is done in milliseconds; on a busy computer in a few seconds. */
const PROBE_MS = 10_000;

/**
 * Which accelerator really runs guests here. Having /dev/kvm is not having KVM: on some computers that are themselves
 * virtual it opens, and makes machines, and no 64-bit guest ever comes up. So a tiny guest is run (once, the verdict is
 * kept for this computer's kernel); what cannot run it is not used.
 */
export async function judgeAccel(arch: Arch, cacheDir: string, signal: AbortSignal): Promise<Verdict> {
  const candidate = { linux: "kvm", darwin: "hvf" }[process.platform as string] as "kvm" | "hvf" | undefined;
  if (candidate === undefined) return { accel: "tcg", reason: `no accelerator is known for ${process.platform}` };
  if (arch !== hostArch()) return { accel: "tcg", reason: `this computer is ${hostArch()}, the machine is ${arch}` };
  const closed = candidate === "kvm" ? await whyClosed() : undefined;
  if (closed !== undefined) return { accel: "tcg", reason: closed };
  const path = join(cacheDir, "qemu", `accel-${candidate}-${arch}.json`);
  const computer = `${process.platform} ${release()}`;
  const kept = await readFile(path, "utf8")
    .then(JSON.parse, () => undefined)
    .catch(() => undefined);
  if (kept?.computer === computer) return { accel: kept.accel, reason: kept.reason };
  const reason = await whyNot(candidate, arch, signal);
  const verdict: Verdict = { accel: reason === "" ? candidate : "tcg", reason };
  await mkdir(join(cacheDir, "qemu"), { recursive: true });
  await writeAtomic(path, `${JSON.stringify({ computer, ...verdict })}\n`, 0o644);
  return verdict;
}

async function whyClosed(): Promise<string | undefined> {
  const code = await access("/dev/kvm", constants.R_OK | constants.W_OK).then(
    () => undefined,
    (thrown: NodeJS.ErrnoException) => thrown.code,
  );
  if (code === undefined) return undefined;
  if (code === "ENOENT") return "there is no /dev/kvm";
  return `/dev/kvm may not be used (${code}): add yourself to the group kvm`;
}

/** Run the tiny guest. Empty where it ran to its end, else why it did not. */
export async function whyNot(
  accel: Accel,
  arch: Arch,
  signal: AbortSignal,
  options: { code?: string; withinMs?: number } = {},
): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), "machinist-probe-"));
  try {
    const argv = [binaryOf(arch), "-nodefaults", "-no-user-config", "-display", "none", "-accel", accel];
    if (arch === "arm64") {
      // There is no such guest for ARM here: that the accelerator makes a machine has to do.
      const { code, stderr } = await attempt(
        [...argv, "-M", "virt", "-cpu", "host", "-S", "-daemonize", "-pidfile", join(folder, "pid")],
        { signal, timeoutMs: PROBE_MS },
      );
      const pid = Number(await readFile(join(folder, "pid"), "utf8").catch(() => "0"));
      if (pid > 1) process.kill(pid, "SIGKILL");
      return code === 0 ? "" : `${accel} makes no machine: ${lastWords(stderr)}`;
    }
    await writeFile(join(folder, "disk"), probeDisk(options.code));
    const disk = `file=${join(folder, "disk").replaceAll(",", ",,")},format=raw,if=virtio,readonly=on`;
    const guest = ["-M", "q35", "-m", "64", "-device", "isa-debug-exit,iobase=0xf4,iosize=1", "-drive", disk];
    const { code, stderr } = await attempt([...argv, ...guest], {
      ...{ signal, timeoutMs: options.withinMs ?? PROBE_MS, killSignal: "SIGKILL" },
    });
    return code === probeExit ? "" : `${accel} does not work: ${lastWords(stderr)}`;
  } catch (thrown) {
    if (asMachinistError(thrown).code !== "program.ended") throw thrown;
    return `${accel} makes machines, but a guest does not run in them`;
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}
