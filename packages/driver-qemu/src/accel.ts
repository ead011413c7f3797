import { access, constants, mkdir, readFile } from "node:fs/promises";
import { release } from "node:os";
import { join } from "node:path";
import { writeAtomic } from "@machinist/core";
import { type Accel, type Arch, runProbe } from "./probe.ts";

export interface Verdict {
  readonly accel: Accel;
  /** Why it is emulated; empty where it is not. */
  readonly reason: string;
}

export const hostArch = (): Arch => (process.arch === "arm64" ? "arm64" : "x86_64");

/** What a verdict goes by. Verdicts of another trial are not believed. */
const TRIAL = "64-bit guest, timed";

/**
 * Which accelerator really runs guests here. Having /dev/kvm is not having KVM: on some computers that are themselves
 * virtual it opens, and makes machines, and no 64-bit guest ever comes up, or comes up after many minutes. So a tiny
 * guest is run (once, the verdict is kept for this computer's kernel); what cannot run it, or not in time, is not used.
 */
export async function judgeAccel(arch: Arch, cacheDir: string, signal: AbortSignal): Promise<Verdict> {
  const candidate = { linux: "kvm", darwin: "hvf" }[process.platform as string] as "kvm" | "hvf" | undefined;
  if (candidate === undefined) return { accel: "tcg", reason: `no accelerator is known for ${process.platform}` };
  if (arch !== hostArch()) return { accel: "tcg", reason: `this computer is ${hostArch()}, the machine is ${arch}` };
  const closed = candidate === "kvm" ? await whyClosed() : undefined;
  if (closed !== undefined) return { accel: "tcg", reason: closed };
  const path = join(cacheDir, "qemu", `accel-${candidate}-${arch}.json`);
  const computer = `${process.platform} ${release()} (${TRIAL})`;
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

/** An accelerator is there to be faster. As a busy computer spoils any one run, only this many times slower is slow. */
const MUCH_SLOWER = 3;

/** Why an accelerator is not to be used: it runs no guest, or emulation is faster. Empty where nothing speaks against it. */
export async function whyNot(accel: "kvm" | "hvf", arch: Arch, signal: AbortSignal): Promise<string> {
  const first = await runProbe(accel, arch, signal);
  if (first.reason !== "" || arch === "arm64") return first.reason;
  const emulated = await runProbe("tcg", arch, signal);
  if (emulated.reason !== "" || first.ms <= emulated.ms * MUCH_SLOWER) return "";
  const again = await runProbe(accel, arch, signal);
  return again.reason || whySlow(accel, Math.min(first.ms, again.ms), emulated.ms);
}

/** Pure. */
export const whySlow = (accel: Accel, ms: number, emulatedMs: number): string =>
  ms <= emulatedMs * MUCH_SLOWER
    ? ""
    : `${accel} runs guests far slower than emulation: one took ${seconds(ms)}, emulated ${seconds(emulatedMs)}`;

const seconds = (ms: number): string => `${(ms / 1000).toFixed(1)} s`;
