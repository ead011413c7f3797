import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { asMachinistError } from "@machinist/core";
import { attempt, lastWords } from "@machinist/programs";
import { probeDisk, probeExit } from "./probe-guest.ts";

export type Accel = "kvm" | "hvf" | "tcg";
export type Arch = "x86_64" | "arm64";

export interface Probe {
  /** Why the guest did not run to its end; empty where it did. */
  readonly reason: string;
  /** How long it took, QEMU's own start included, in ms. */
  readonly ms: number;
}

export const binaryOf = (arch: Arch): string => (arch === "arm64" ? "qemu-system-aarch64" : "qemu-system-x86_64");

/** A guest that does nothing but end is done in milliseconds; on a busy computer in a few seconds. */
const PROBE_MS = 10_000;

/** Run the tiny guest. */
export async function runProbe(
  accel: Accel,
  arch: Arch,
  signal: AbortSignal,
  options: { code?: string; withinMs?: number } = {},
): Promise<Probe> {
  const folder = await mkdtemp(join(tmpdir(), "machinist-probe-"));
  const began = performance.now();
  const probe = (reason: string): Probe => ({ reason, ms: performance.now() - began });
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
      return probe(code === 0 ? "" : `${accel} makes no machine: ${lastWords(stderr)}`);
    }
    await writeFile(join(folder, "disk"), probeDisk(options.code));
    const disk = `file=${join(folder, "disk").replaceAll(",", ",,")},format=raw,if=virtio,readonly=on`;
    const guest = ["-M", "q35", "-m", "64", "-device", "isa-debug-exit,iobase=0xf4,iosize=1", "-drive", disk];
    const { code, stderr } = await attempt([...argv, ...guest], {
      ...{ signal, timeoutMs: options.withinMs ?? PROBE_MS, killSignal: "SIGKILL" },
    });
    return probe(code === probeExit ? "" : `${accel} does not work: ${lastWords(stderr)}`);
  } catch (thrown) {
    if (asMachinistError(thrown).code !== "program.ended") throw thrown;
    return probe(`${accel} makes machines, but a guest does not run in them`);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}
