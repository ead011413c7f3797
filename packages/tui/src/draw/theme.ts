import type { Mood } from "../state/rows.ts";
import type { ThemeName } from "../state/state.ts";

/** What a piece of the screen is; a theme says how it looks. */
export type Role = Mood | "title" | "head" | "heading" | "cursor" | "mark" | "key";

/** How the terminal is told to begin and to end a look (SGR). */
type Look = readonly [on: number, off: number];
type Theme = { readonly [role in Role]?: readonly Look[] };

const bold: Look = [1, 22];
const dim: Look = [2, 22];
const underline: Look = [4, 24];
const reverse: Look = [7, 27];
const ink = (colour: number): Look => [colour, 39];

/** Sixteen colours only: a terminal's owner has chosen them to be read. */
const themes: { readonly [name in ThemeName]: Theme } = {
  default: {
    good: [ink(32)],
    busy: [ink(36)],
    warn: [ink(33)],
    bad: [ink(31)],
    faint: [dim],
    title: [bold, ink(36)],
    head: [bold],
    heading: [bold, ink(34)],
    cursor: [reverse],
    mark: [bold, ink(35)],
    key: [bold],
  },
  light: {
    good: [ink(32)],
    busy: [ink(34)],
    warn: [bold, ink(35)],
    bad: [bold, ink(31)],
    faint: [ink(90)],
    title: [bold, ink(34)],
    head: [bold],
    heading: [bold, ink(35)],
    cursor: [reverse],
    mark: [bold, ink(35)],
    key: [bold],
  },
  // Without colours, as NO_COLOR wants it: what matters is still told by its look.
  monochrome: {
    busy: [underline],
    warn: [bold],
    bad: [bold],
    faint: [dim],
    title: [bold],
    head: [bold],
    heading: [bold],
    cursor: [reverse],
    mark: [bold],
    key: [bold],
  },
};

export type Paint = (role: Role, text: string) => string;

export function paintOf(name: ThemeName): Paint {
  const theme = themes[name];
  return (role, text) => {
    const looks = theme[role];
    if (looks === undefined || text === "") return text;
    const on = looks.map(([code]) => code).join(";");
    const off = [...new Set(looks.map(([, code]) => code))].join(";");
    return `\x1b[${on}m${text}\x1b[${off}m`;
  };
}
