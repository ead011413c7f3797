import type { Row } from "../state/rows.ts";
import type { Table } from "../state/table.ts";
import type { Binding, Where } from "./binding.ts";
import { bindings } from "./bindings.ts";
import { commands } from "./commands.ts";

const titles: { readonly [where in Where]: string } = {
  anywhere: "Everywhere",
  lists: "In lists",
  machines: "In the list of machines",
  "on machines": "On machines: those marked, or the one under the cursor",
  machine: "In a machine's detail",
  containers: "On containers",
  log: "In a log",
  plan: "In the plan of a manifest",
  form: "In the form for new machines",
};

/** How a key is written. */
export const keyWord = (name: string): string => (name.length === 1 ? name : name.toUpperCase());

/** All keys and commands, as one list. */
export function helpTable(): Table {
  const groups = new Map<Where, Binding[]>();
  for (const binding of bindings) groups.set(binding.where, [...(groups.get(binding.where) ?? []), binding]);
  const rows = [...groups].flatMap(([where, members]) => [
    heading(titles[where]),
    ...members.map((one): Row => row(one.keys.map(keyWord).join("  "), one.what, `${where} ${one.what}`)),
  ]);
  const typed = commands.map(({ name, argument, what }) =>
    row(`:${name}${argument === undefined ? "" : ` ${argument}`}`, what, `:${name}`),
  );
  return {
    columns: [
      { title: "KEY", keep: 100, most: 24 },
      { title: "WHAT IT DOES", keep: 99 },
    ],
    rows: [...rows, heading("Commands, after :"), ...typed],
    empty: [],
  };
}

const heading = (text: string): Row => ({ key: text, cells: [], mood: "plain", heading: text });
const row = (keys: string, what: string, key: string): Row => ({ key, cells: [keys, what], mood: "plain" });
