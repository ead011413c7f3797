/** A key as its name: `a`, `A`, `ctrl-d`, `up`, `enter`, `esc`, `space`; what was pasted is one key. */
export interface Key {
  readonly name: string;
  /** What it types; empty where it types nothing. */
  readonly text: string;
}

const sequences: { readonly [bytes: string]: string } = {
  "[A": "up",
  "[B": "down",
  "[C": "right",
  "[D": "left",
  "[H": "home",
  "[F": "end",
  "[1~": "home",
  "[4~": "end",
  "[7~": "home",
  "[8~": "end",
  "[5~": "pgup",
  "[6~": "pgdn",
  "[3~": "delete",
  "[Z": "shift-tab",
  OA: "up",
  OB: "down",
  OC: "right",
  OD: "left",
  OH: "home",
  OF: "end",
};

const controls: { readonly [byte: string]: string } = {
  "\r": "enter",
  "\n": "enter",
  "\t": "tab",
  "\x7f": "backspace",
  "\b": "backspace",
  "\x1b": "esc",
};

const pasteStart = "\x1b[200~";
const pasteEnd = "\x1b[201~";

export interface Decoded {
  readonly keys: readonly Key[];
  /** The beginning of a sequence whose rest has not come yet. */
  readonly rest: string;
}

/** What a terminal sent, as keys. Pure. */
export function decodeKeys(text: string): Decoded {
  const keys: Key[] = [];
  let at = 0;
  while (at < text.length) {
    if (text.startsWith(pasteStart, at)) {
      const end = text.indexOf(pasteEnd, at);
      if (end === -1) return { keys, rest: text.slice(at) };
      keys.push({ name: "paste", text: printable(text.slice(at + pasteStart.length, end)) });
      at = end + pasteEnd.length;
      continue;
    }
    const sequence = /^\x1b(?:\[[0-?]*[ -/]*[@-~]|O[@-~])/.exec(text.slice(at, at + 32))?.[0];
    if (sequence !== undefined) {
      keys.push(named(sequences[sequence.slice(1)] ?? `unknown-${sequence.slice(1)}`));
      at += sequence.length;
    } else if (/^\x1b(?:\[[0-?]*[ -/]*|O)?$/.test(text.slice(at))) return { keys, rest: text.slice(at) };
    else {
      const character = String.fromCodePoint(text.codePointAt(at)!);
      keys.push(plainKey(character));
      at += character.length;
    }
  }
  return { keys, rest: "" };
}

const named = (name: string): Key => ({ name, text: "" });

function plainKey(character: string): Key {
  if (character === " ") return { name: "space", text: " " };
  const control = controls[character];
  if (control !== undefined) return named(control);
  const code = character.charCodeAt(0);
  if (code < 0x20) return named(code === 0 ? "ctrl-space" : `ctrl-${String.fromCharCode(code + 0x60)}`);
  return { name: character, text: character };
}

/** A paste of several lines is one line here, and commands nothing. */
const printable = (text: string): string => text.replace(/\s+/g, " ").replace(/[\x00-\x1f\x7f-\x9f]/g, "");
