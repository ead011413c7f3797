import { fit, oneLine, widthOf } from "@machinist/terminal-text";
import { placesOf } from "../keys/binding.ts";
import { bindings } from "../keys/bindings.ts";
import { keyWord } from "../keys/help-table.ts";
import { currentRow } from "../state/current-list.ts";
import { noteOf } from "../state/machine-rows.ts";
import type { Mood } from "../state/rows.ts";
import { type State, topOf } from "../state/state.ts";
import { currentMachine } from "../state/targets.ts";
import type { Paint } from "./theme.ts";

/** The line above the last: what is typed, else what was said, else what is done, else what there is to know here. */
export function saidLine(state: State, paint: Paint): string {
  const { columns } = state.size;
  if (state.prompt !== undefined) return promptLine(state, paint);
  const { notice } = state;
  if (notice !== undefined) {
    const text = notice.hint === undefined ? notice.text : `${notice.text}. ${notice.hint}`;
    return paint(levels[notice.level], fit(` ${text}`, columns));
  }
  const work = state.works.at(-1);
  if (work !== undefined) return paint("busy", fit(` ${work.words}`, columns));
  return paint("faint", fit(` ${hereToKnow(state)}`, columns));
}

const levels: { readonly [level in "info" | "warn" | "error"]: Mood } = { info: "good", warn: "warn", error: "bad" };

/** What a narrow list had to cut is whole here. */
function hereToKnow(state: State): string {
  const top = topOf(state);
  if (top.name === "machine") return top.answers[top.tab]?.failure ?? longLast(state);
  if (top.name === "log") return top.dropped > 0 ? `${top.dropped} older lines are not kept` : "";
  if (top.name !== "machines") return longLast(state);
  const machine = currentMachine(state);
  if (machine === undefined) return "";
  const note = noteOf(machine);
  return note === "" ? "" : `${machine.name}: ${note}`;
}

/** The last column has the longest words: beside the others they may not have had the room. */
function longLast(state: State): string {
  const last = currentRow(state)?.cells.at(-1) ?? "";
  return widthOf(last) > state.size.columns / 3 ? last : "";
}

/** The end of what is typed stays in sight. */
function promptLine({ prompt, size: { columns } }: State, paint: Paint): string {
  const signs = { filter: "/", command: ":", field: `${prompt!.label}: ` };
  const sign = signs[prompt!.kind];
  let text = oneLine(prompt!.text);
  while (widthOf(text) > columns - 3 - widthOf(sign)) text = text.slice(1);
  const line = ` ${sign}${text}`;
  return `${paint("key", line)}${paint("cursor", " ")}${" ".repeat(Math.max(0, columns - widthOf(line) - 1))}`;
}

/** The last line: the keys worth knowing here, as many as fit. */
export function keysLine(state: State, paint: Paint): string {
  const { columns } = state.size;
  const all = hintsOf(state);
  let used = 1;
  const shown: string[] = [];
  for (const { key, words } of all) {
    const width = key.length + 1 + words.length + 2;
    if (used + width > columns) continue;
    used += width;
    shown.push(`${paint("key", key)} ${paint("faint", words)}  `);
  }
  return ` ${shown.join("")}${" ".repeat(columns - used)}`;
}

interface Hint {
  readonly key: string;
  readonly words: string;
}

function hintsOf(state: State): Hint[] {
  if (state.question !== undefined)
    return [
      { key: "y", words: "confirm" },
      { key: "any other key", words: "cancel" },
    ];
  if (state.prompt !== undefined)
    return [
      { key: "ENTER", words: state.prompt.kind === "command" ? "run" : "keep" },
      { key: "ESC", words: "leave" },
    ];
  const seen = new Set<string>();
  return placesOf(state).flatMap((place) =>
    bindings.flatMap(({ where, keys, short, changes }): Hint[] => {
      const [key = ""] = keys;
      if (where !== place || short === undefined || seen.has(key) || (changes && state.readOnly)) return [];
      seen.add(key);
      return [{ key: keyWord(key), words: short }];
    }),
  );
}
