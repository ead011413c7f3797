import type { Answer } from "./oracle.ts";

/**
 * Where later versions of Go answer otherwise than 1.19, as 1.19 to 1.26 were asked. This package answers as 1.19 does:
 * docker-machine was built with an old Go, and its scripts have matched those texts.
 */
interface Change {
  /** 20 of Go 1.20, the first that answers so. */
  readonly since: number;
  /** By template of recorded.json. */
  readonly answers: Readonly<Record<string, Answer>>;
  /** What makes the new text of any error the old one again. */
  readonly back?: readonly [RegExp, string];
}

const failed = (error: string): Answer => ({ out: "", error: `template: :1${error}` });
/** Go's error about two values that cannot be compared, which at first did not tell their types. */
const incomparable = (words: string, types: string): Answer => {
  const name = words.split(" ")[0];
  const said = `error calling ${name}: incompatible types for comparison: ${types}`;
  return failed(`:2: executing "" at <${words}>: ${said}`);
};

const changes: readonly Change[] = [
  {
    since: 20,
    answers: { "{{1)}}": failed(": unexpected right paren") },
    back: [/: unexpected right paren$/, ': unexpected ")" in command'],
  },
  { since: 22, answers: { '{{json "\\b\\f\\x7f"}}': { out: '"\\b\\f\x7f"' } } },
  {
    since: 23,
    answers: {
      "{{call .Name}}": failed(
        ':2: executing "" at <call .Name>: error calling call: non-function .Name of type string',
      ),
      "{{call 1 2}}": failed(':2: executing "" at <call 1 2>: error calling call: non-function 1 of type int'),
    },
    back: [/(error calling call: non-function) .+ (of type [^ ]+)$/, "$1 $2"],
  },
  { since: 24, answers: { "{{range 3}}x{{end}}": { out: "xxx" } } },
  {
    since: 25,
    answers: {
      "{{eq .Count 42}}": incomparable("eq .Count 42", "float64 and int"),
      '{{eq 1 "a"}}': incomparable('eq 1 "a"', "int and string"),
      "{{eq 1 1.0}}": incomparable("eq 1 1.0", "int and float64"),
      "{{eq .Map 1}}": incomparable("eq .Map 1", "map[string]interface {} and int"),
      "{{eq 1 .Map}}": incomparable("eq 1 .Map", "int and map[string]interface {}"),
      '{{ne 1 "a"}}': incomparable('ne 1 "a"', "int and string"),
      '{{lt 1 "a"}}': incomparable('lt 1 "a"', "int and string"),
      "{{gt .Name 1}}": incomparable("gt .Name 1", "string and int"),
    },
    back: [/(: incompatible types for comparison): \S.* and \S.*$/, "$1"],
  },
];

/** What Go 1.`minor` says of a template of recorded.json to which 1.19 gave the `recorded` answer. */
export const asSaidBy = (minor: number, template: string, recorded: Answer): Answer =>
  changes.findLast(({ since, answers }) => since <= minor && template in answers)?.answers[template] ?? recorded;

/** The answer of Go 1.`minor` in the words of 1.19. */
export function inOldWords(minor: number, { out, error }: Answer): Answer {
  if (error === undefined) return { out };
  const words = changes
    .flatMap(({ since, back }) => (since <= minor && back !== undefined ? [back] : []))
    .reduce((text, [pattern, old]) => text.replace(pattern, old), error);
  return { out, error: words };
}

/** Whether Go 1.`minor` can do what was refused: since 1.24 it counts (`range 3`), and what it says then is not ours to give. */
export const canDo = (minor: number, refused: Answer): boolean =>
  minor >= 24 && /: range can't iterate over -?\d+$/.test(refused.error ?? "");
