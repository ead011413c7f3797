import { execFileSync, spawnSync } from "node:child_process";
import { packedCommand } from "../../../scripts/setup/packed.mjs";

export const hasTmux = spawnSync("tmux", ["-V"]).status === 0;
/** As it is published. */
export const program = packedCommand("machinist");

/** Keys by our names as tmux names them. */
const tmuxNames: { readonly [name: string]: string } = {
  up: "Up",
  down: "Down",
  left: "Left",
  right: "Right",
  home: "Home",
  end: "End",
  pgup: "PPage",
  pgdn: "NPage",
  enter: "Enter",
  esc: "Escape",
  space: "Space",
  tab: "Tab",
  "shift-tab": "BTab",
};

export const tmuxKey = (name: string): string => tmuxNames[name] ?? name.replace(/^ctrl-/, "C-");

/** A real terminal, with a shell in it. */
export class Tmux {
  readonly #socket = `machinist-${process.pid}-${Math.random().toString(36).slice(2, 8)}`;

  constructor(columns: number, rows: number, env: Readonly<Record<string, string>>) {
    const pairs = Object.entries(env).flatMap(([key, value]) => ["-e", `${key}=${value}`]);
    const size = ["-x", String(columns), "-y", String(rows)];
    this.#run(
      "-f",
      "/dev/null",
      "new-session",
      "-d",
      ...size,
      ...pairs, // No history: a shell whose terminal is gone writes it, while its HOME is being removed.
      "env -u HISTFILE PS1='$ ' bash --norc --noprofile +o history",
    );
  }

  /** Keys by our names. */
  press(...names: readonly string[]): void {
    this.#run("send-keys", ...names.map(tmuxKey));
  }

  /** Text as it is. */
  type(text: string): void {
    this.#run("send-keys", "-l", text);
  }

  /** What the terminal shows. */
  screen(): string {
    return this.#run("capture-pane", "-p");
  }

  resize(columns: number, rows: number): void {
    this.#run("resize-window", "-x", String(columns), "-y", String(rows));
  }

  /** `#{alternate_on}` and the like. */
  ask(format: string): string {
    return this.#run("display-message", "-p", format).trim();
  }

  /** Ends the terminal under whatever runs in it. */
  close(): void {
    spawnSync("tmux", ["-L", this.#socket, "kill-server"]);
  }

  #run(...args: readonly string[]): string {
    return execFileSync("tmux", ["-L", this.#socket, ...args], { encoding: "utf8" });
  }
}
