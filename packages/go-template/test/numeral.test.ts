import { expect, test } from "vitest";
import { compile, goJson, Numeral, Struct } from "../src/index.ts";

const item = new Struct("list.Item", {
  Name: "web",
  State: new Numeral("state.State", 1n, "Running"),
  None: new Numeral("state.State", 0n, ""),
  Took: new Numeral("time.Duration", 1_500_000_000n, "1.5s", { Seconds: 1.5 }),
  List: ["a", "b"],
});
const executed = (text: string) => compile("", text).execute(item);
const problem = (text: string) => () => executed(text);

/** What Go makes of an int type with a String method. */
test.each([
  ["{{.State}}", "Running"],
  [
    '{{printf "%d|%s|%v|%q|%+v|%#v|%T|%03d" .State .State .State .State .State .State .State .State}}',
    '1|Running|Running|"Running"|Running|1|state.State|001',
  ],
  [
    '{{printf "%x|%X|% x|%#x" .State .State .State .State}}',
    "52756e6e696e67|52756E6E696E67|52 75 6e 6e 69 6e 67|0x52756e6e696e67",
  ],
  [
    '{{printf "%5d|%-9s|%.2s|%8v|%o|%b|%U" .State .State .State .State .State .State .State}}',
    "    1|Running  |Ru| Running|1|1|U+0001",
  ],
  ['{{printf "%t" .State}} {{printf "%e" .State}}', "%!t(state.State=1) %!e(state.State=1)"],
  ['{{printf "a" .State}}', "a%!(EXTRA state.State=Running)"],
  ['{{printf "%*d" .State 7}}', "7"],
  [
    "{{eq .State 1}} {{eq .State 1 2}} {{ne .State 2}} {{lt .State 2}} {{gt .State .None}} {{eq .State .State}}",
    "true true true true true true",
  ],
  ["{{if .None}}x{{else}}zero{{end}} {{if .State}}y{{end}} {{not .State}}", "zero y false"],
  ["{{index .List .State}} {{slice .Name .State}}", "b eb"],
  ["{{.State.String}} {{.Took.Seconds}} {{gt .Took 1000}}", "Running 1.5 true"],
  ['{{print .State .State 1 "a" .State}}', "Running Running 1aRunning"],
  ["{{html .State}} {{js .State}} {{urlquery .State}}", "Running Running Running"],
  ['{{with .State}}{{.}}{{end}} {{.State | printf "%d"}} {{or .None .State}}', "Running 1 Running"],
])("a numeral in %s", (template, text) => {
  expect(executed(template)).toBe(text);
});

test.each([
  ['{{eq .State "Running"}}', "error calling eq: incompatible types for comparison"],
  ["{{eq .State 1.0}}", "error calling eq: incompatible types for comparison"],
  ["{{printf .State}}", "wrong type for value; expected string; got state.State"],
  ["{{len .State}}", "error calling len: len of type state.State"],
  ["{{index .State 0}}", "error calling index: can't index item of type state.State"],
  ["{{slice .State 1}}", "error calling slice: can't slice item of type state.State"],
  ["{{.State.Nope}}", "can't evaluate field Nope in type state.State"],
  ["{{.State.String 1}}", "wrong number of args for String: want 0 got 1"],
  ["{{range .State}}{{end}}", "range can't iterate over Running"],
])("a numeral is refused in %s", (template, message) => {
  expect(problem(template)).toThrow(message);
});

test("a numeral is its number in JSON", () => {
  expect(goJson(item)).toContain('"State":1,');
});
