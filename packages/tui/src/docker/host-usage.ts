import type { Host } from "@machinist/core";
import type { Row } from "../state/rows.ts";
import { sizeWord } from "../state/size-word.ts";
import type { HostUse } from "../state/state.ts";

/** A few looks into the kernel: no program that a small host might not have. */
const script = `cat /proc/loadavg
grep -E '^(MemTotal|MemAvailable):' /proc/meminfo
df -kP / | tail -n 1`;

/** The same as shares, for one machine of many. `nproc`'s answer is the kernel's own. */
export async function hostShares(host: Pick<Host, "script">, signal: AbortSignal, timeoutMs: number): Promise<HostUse> {
  const { stdout } = await host.script(`${script}\ngrep -c ^processor /proc/cpuinfo`, [], { signal, timeoutMs });
  return sharesIn(stdout);
}

/** Pure. */
export function sharesIn(text: string): HostUse {
  const { load, total, available, disk } = factsIn(text);
  const processors = Number(/^\s*(\d+)\s*$/m.exec(text)?.[1]);
  const share = (used: number, of: number) => (of > 0 && Number.isFinite(used) ? used / of : undefined);
  const use = {
    load: share(Number(load?.split(" ", 1)[0]), processors),
    memory: share(total - available, total),
    disk: share(Number(disk?.[2]), Number(disk?.[1])),
  };
  return Object.fromEntries(Object.entries(use).filter(([, value]) => value !== undefined));
}

/** What the host itself uses, as rows: Docker's API tells that of containers only. */
export async function hostUsage(host: Pick<Host, "script">, signal: AbortSignal, timeoutMs: number): Promise<Row[]> {
  const { stdout } = await host.script(script, [], { signal, timeoutMs });
  return usageRows(stdout);
}

/** Pure. What a host does not tell is left out. */
export function usageRows(text: string): Row[] {
  const { load, total, available, disk } = factsIn(text);
  const rows: [string, string | undefined][] = [
    ["load", load],
    ["memory in use", shareWord(total - available, total)],
    ["disk in use", shareWord(Number(disk?.[2]) * 1024, Number(disk?.[1]) * 1024)],
  ];
  return rows.flatMap(([setting, value]) =>
    value === undefined ? [] : [{ key: setting, cells: [setting, value], mood: "plain" as const }],
  );
}

function factsIn(text: string) {
  const memory = (name: string) => Number(new RegExp(`^${name}:\\s+(\\d+)`, "m").exec(text)?.[1]) * 1024;
  return {
    load: /^(\d+\.\d+ \d+\.\d+ \d+\.\d+) \d+\/\d+/m.exec(text)?.[1],
    total: memory("MemTotal"),
    available: memory("MemAvailable"),
    disk: /\s(\d+)\s+(\d+)\s+\d+\s+\d+%\s/.exec(text),
  };
}

function shareWord(used: number, total: number): string | undefined {
  if (!(total > 0) || !Number.isFinite(used)) return undefined;
  return `${Math.round((used / total) * 100)} %, ${sizeWord(used)} of ${sizeWord(total)}`;
}
