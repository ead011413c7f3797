import { costWord, daysLeft } from "./machine-rows.ts";
import type { Row } from "./rows.ts";
import { sizeWord } from "./size-word.ts";
import type { Machine } from "./state.ts";

/** What a machine's Docker is, what its host uses (`used`), and what was asked for it. */
export function engineRows(machine: Machine, used: readonly Row[], now: number): Row[] {
  const { info, engine } = machine;
  const known: [string, string | undefined][] = [
    ["url", info?.url],
    ["ssh", info?.endpoint && `${info.endpoint.user}@${info.endpoint.host}:${info.endpoint.port}`],
    ["driver", info?.driver],
    ["created", info && new Date(info.createdAt).toISOString()],
    ["certificate", endOf(info?.certExpires, now)],
    ["lease", info?.leaseUntil === undefined ? undefined : `until ${new Date(info.leaseUntil).toISOString()}`],
    ["price", machine.cost && `${costWord(machine.cost)} an hour`],
    ["docker", engine?.version],
    ["system", engine?.system],
    ["storage driver", engine?.storageDriver],
    ["cpus", engine && String(engine.cpus)],
    ["memory", engine && sizeWord(engine.memoryBytes)],
    ["images", engine && String(engine.images)],
    ["containers", engine && `${engine.running} running of ${engine.containers}`],
    ["not reached", machine.refusal],
  ];
  const asked = info?.engine === false ? [["engine", "false"] as const] : leaves(info?.engine ?? {}, "engine");
  return [...known.flatMap(rowOf), ...used, ...[...asked, ...leaves(info?.options ?? {}, "options")].flatMap(rowOf)];
}

function rowOf([setting, value]: readonly [string, string | undefined]): Row[] {
  if (value === undefined) return [];
  return [{ key: setting, cells: [setting, value], mood: setting === "not reached" ? "bad" : "plain" }];
}

function endOf(expires: string | undefined, now: number): string | undefined {
  const days = daysLeft(expires, now);
  if (days === undefined) return undefined;
  return days < 0 ? `ended at ${expires}` : `good for ${days} days, until ${expires}`;
}

/** A tree of settings as paths with values. */
function leaves(value: unknown, path: string): (readonly [string, string])[] {
  if (value === null || value === undefined) return [];
  if (Array.isArray(value)) return [[path, value.map(String).join(", ")]];
  if (typeof value !== "object") return [[path, String(value)]];
  return Object.entries(value).flatMap(([key, each]) => leaves(each, `${path}.${key}`));
}
