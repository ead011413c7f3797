import { StringDecoder } from "node:string_decoder";
import { decodeKeys, type Key } from "../keys/decode.ts";
import type { Device } from "./device.ts";

/** The alternate screen, without a cursor; lines that are too long are cut; a paste is told from typing. */
const taken = "\x1b[?1049h\x1b[?25l\x1b[?7l\x1b[?2004h\x1b[2J";
const given = "\x1b[0m\x1b[?2004l\x1b[?7h\x1b[?25h\x1b[?1049l";

/** How long the rest of a key's bytes may take; after that an escape is the escape key. */
const restMs = 40;

/** Takes the terminal and gives it back as it was, however often. */
export class TerminalScreen {
  readonly #device: Device;
  readonly #onKeys: (keys: readonly Key[]) => void;
  /** A character may come in two pieces. */
  readonly #decoder = new StringDecoder("utf8");
  readonly #onData = (piece: Buffer | string) =>
    this.#read(typeof piece === "string" ? piece : this.#decoder.write(piece));
  #rest = "";
  #timer: NodeJS.Timeout | undefined;
  #taken = false;

  constructor(device: Device, onKeys: (keys: readonly Key[]) => void) {
    this.#device = device;
    this.#onKeys = onKeys;
  }

  take(): void {
    if (this.#taken) return;
    this.#taken = true;
    const { stdin, stdout } = this.#device;
    stdin.setRawMode?.(true);
    stdin.on("data", this.#onData);
    stdin.resume();
    stdout.write(taken);
  }

  /** Safe to call twice, and while the process ends. */
  give(): void {
    if (!this.#taken) return;
    this.#taken = false;
    clearTimeout(this.#timer);
    this.#rest = "";
    const { stdin, stdout } = this.#device;
    stdin.off("data", this.#onData);
    stdin.pause();
    stdout.write(given);
    try {
      stdin.setRawMode?.(false);
    } catch {
      // The terminal is gone: there is nothing to give back.
    }
  }

  #read(text: string): void {
    clearTimeout(this.#timer);
    const { keys, rest } = decodeKeys(this.#rest + text);
    this.#rest = rest;
    if (rest !== "") this.#timer = setTimeout(() => this.#flush(), restMs);
    if (keys.length > 0) this.#onKeys(keys);
  }

  /** Nothing followed: it was the escape key, and what was typed after it. */
  #flush(): void {
    const [first = "", ...others] = this.#rest;
    this.#rest = "";
    const name = first === "\x1b" ? "esc" : first;
    this.#onKeys([{ name, text: "" }, ...others.map((character) => ({ name: character, text: character }))]);
  }
}
