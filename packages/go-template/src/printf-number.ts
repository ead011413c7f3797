import { floatText, signed } from "./print.ts";
import { goQuote } from "./quote.ts";
import { padded, type Style } from "./style.ts";

function signedText(sign: string, digits: string, style: Style): string {
  if (!style.zero || style.minus || style.width === undefined) return padded(sign + digits, { ...style, zero: false });
  return sign + "0".repeat(Math.max(0, style.width - sign.length - digits.length)) + digits;
}

const bases: Readonly<Record<string, number>> = { d: 10, v: 10, b: 2, o: 8, O: 8, x: 16, X: 16 };

/** Undefined for a verb that takes no integer. */
export function integer(value: bigint, style: Style): string | undefined {
  const { verb, sharp, precision } = style;
  if (verb === "c") return padded(character(value), style);
  if (verb === "q") return padded(quotedCharacter(value, style), style);
  if (verb === "U") {
    const code = `U+${value
      .toString(16)
      .toUpperCase()
      .padStart(precision ?? 4, "0")}`;
    return padded(sharp ? `${code} '${character(value)}'` : code, style);
  }
  const base = bases[verb];
  if (base === undefined) return undefined;
  const size = value < 0n ? -value : value;
  let digits = size.toString(base);
  if (verb === "X") digits = digits.toUpperCase();
  if (precision === 0 && size === 0n) return padded("", { ...style, zero: false });
  if (precision !== undefined) digits = digits.padStart(precision, "0");
  const prefix = sharp ? ({ b: "0b", o: "0", x: "0x", X: "0X" }[verb] ?? "") : "";
  const sign = value < 0n ? "-" : style.plus ? "+" : style.space ? " " : "";
  const shown = verb === "O" ? `0o${digits}` : prefix === "0" && digits.startsWith("0") ? digits : prefix + digits;
  if (precision !== undefined) return padded(sign + shown, { ...style, zero: false });
  if (style.zero && style.width !== undefined && prefix + (verb === "O" ? "0o" : "") !== "") {
    const inner = digits.padStart(style.width - sign.length, "0");
    return sign + (verb === "O" ? "0o" : prefix) + inner;
  }
  return signedText(sign, shown, style);
}

const character = (code: bigint): string =>
  code >= 0n && code <= 0x10ffffn && !(code >= 0xd800n && code < 0xe000n)
    ? String.fromCodePoint(Number(code))
    : "\uFFFD";

function quotedCharacter(code: bigint, { plus }: Style): string {
  const letter = character(code);
  if (letter === "'") return "'\\''";
  if (letter === '"') return "'\"'";
  const inside = goQuote(letter, plus).slice(1, -1);
  return `'${inside}'`;
}

/** Undefined for a verb that takes no float. */
export function float(value: number, style: Style): string | undefined {
  const { verb, precision } = style;
  const sign = value < 0 || Object.is(value, -0) ? "-" : style.plus ? "+" : style.space ? " " : "";
  const size = Math.abs(value);
  const special = Number.isFinite(value) ? undefined : floatText(size).replace("+", "");
  if (!"vgGfFeE".includes(verb)) return undefined;
  if (special !== undefined)
    return padded((sign === "" && special === "Inf" ? "+" : sign) + special, { ...style, zero: false });
  if (verb === "v" || verb === "g" || verb === "G") {
    const shown = precision === undefined ? floatText(size) : general(size, precision);
    return signedText(sign, verb === "G" ? shown.toUpperCase() : shown, style);
  }
  if (verb === "f" || verb === "F") return signedText(sign, fixedText(size, precision ?? 6), style);
  const [digits, exponent] = exponential(size, precision ?? 6);
  return signedText(sign, `${digits}${verb}${signed(Number(exponent))}`, style);
}

function fixedText(value: number, precision: number): string {
  if (value >= 1e21) return BigInt(value).toString() + (precision > 0 ? `.${"0".repeat(precision)}` : "");
  const places = Math.min(precision, 100);
  return toEven(value.toFixed(places), value.toFixed(100), places);
}

function exponential(value: number, precision: number): [digits: string, exponent: string] {
  const places = Math.min(precision, 100);
  const [digits = "", exponent = "0"] = value.toExponential(places).split("e");
  const [exact = ""] = value.toExponential(100).split("e");
  return [exact[0] === digits[0] || places > 0 ? toEven(digits, exact, places) : digits, exponent];
}

/** JavaScript rounds what lies in the middle up, Go to the even digit. `exact`: the same number with all its digits. */
function toEven(rounded: string, exact: string, places: number): string {
  const cut = exact.indexOf(".") + 1 + places;
  if (!/^50*$/.test(exact.slice(cut))) return rounded;
  const below = places === 0 ? exact.slice(0, cut - 1) : exact.slice(0, cut);
  return /[02468]$/.test(below) ? below : rounded;
}

function general(value: number, asked: number): string {
  const precision = asked === 0 ? 1 : asked;
  const [digits, exponent] = exponential(value, precision - 1);
  const power = Number(exponent);
  const trimmed = digits.includes(".") ? digits.replace(/\.?0+$/, "") : digits;
  if (power < -4 || power >= precision) return `${trimmed}e${signed(power)}`;
  const plainText = fixedText(value, Math.max(0, precision - 1 - power));
  return plainText.includes(".") ? plainText.replace(/\.?0+$/, "") : plainText;
}
