import { alignTabs, tableTabs } from "../text/tab-writer.ts";
import type { Item } from "./item.ts";

const headers: Readonly<Record<keyof Item, string>> = {
  Name: "NAME",
  Active: "ACTIVE",
  ActiveHost: "ACTIVE_HOST",
  ActiveSwarm: "ACTIVE_SWARM",
  DriverName: "DRIVER",
  State: "STATE",
  URL: "URL",
  SwarmOptions: "SWARM_OPTIONS",
  Swarm: "SWARM",
  EngineOptions: "ENGINE_OPTIONS",
  Error: "ERRORS",
  DockerVersion: "DOCKER",
  ResponseTime: "RESPONSE",
};

const columns = ["Name", "Active", "DriverName", "State", "URL", "Swarm", "DockerVersion", "Error"] as const;

/** The table that `ls` prints where no other is asked for. */
export function table(items: readonly Item[]): string {
  const rows = [headers, ...items].map((row) => columns.map((column) => row[column]).join("\t"));
  return alignTabs(`${rows.join("\n")}\n`, tableTabs);
}

/** By a template of the user's; `table` before it asks for headers and columns. */
export async function formatted(
  format: string,
  items: () => Promise<readonly Item[]>,
  out: (text: string) => void,
): Promise<void> {
  const { compile } = await import("@machinist/go-template");
  const { structOf } = await import("./struct.ts");
  const asTable = format.startsWith("table");
  const text = (asTable ? format.slice("table".length) : format)
    .replace(/^ +| +$/g, "")
    .replaceAll("\\t", "\t")
    .replaceAll("\\n", "\n");
  const template = compile("", `${text}\n`);
  let written = asTable ? template.execute({ ...headers }) : "";
  try {
    for (const item of await items()) written += template.execute(structOf(item));
  } finally {
    // What was written before a row failed is shown, as docker-machine does.
    out(asTable ? alignTabs(written, tableTabs) : written);
  }
}
