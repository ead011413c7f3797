import { describe, expect, test } from "vitest";
import { compile, goJson, Struct } from "../src/index.ts";

const item = new Struct("list.Item", {
  Name: "web-1",
  Running: true,
  Options: new Struct("list.Options", { Labels: ["a=b"], Extra: null }, { pointer: true }),
  Gone: new Struct("list.Options", undefined, { pointer: true }),
  Nil: new Struct("list.Options", undefined, { pointer: true, names: ["Labels"] }),
});
const executed = (text: string) => compile("", text).execute(item);
const problem = (text: string) => () => executed(text);

describe("a struct", () => {
  test("gives its fields, and those of what it points to", () => {
    expect(
      executed("{{.Name}} {{if .Running}}up{{end}} {{.Options.Labels}} {{with .Options}}{{len .Labels}}{{end}}"),
    ).toBe("web-1 up [a=b] 1");
  });

  test("prints as Go prints it", () => {
    expect(executed("{{.Options}}")).toBe("{[a=b] <nil>}");
    expect(executed('{{printf "%v" .Options}}')).toBe("&{[a=b] <nil>}");
  });

  test("complains of a field that it does not have", () => {
    expect(problem("{{.Nope}}")).toThrow(
      `template: :1:2: executing "" at <.Nope>: can't evaluate field Nope in type list.Item`,
    );
    expect(problem("{{.Options.Nope}}")).toThrow("can't evaluate field Nope in type *list.Options");
    expect(problem("{{.Gone.Labels}}")).toThrow("nil pointer evaluating *list.Options.Labels");
    expect(problem("{{.Nil.Labels}}")).toThrow("nil pointer evaluating *list.Options.Labels");
    expect(problem("{{.Nil.Nope}}")).toThrow("can't evaluate field Nope in type *list.Options");
  });

  test("is false where it points to nothing", () => {
    expect(executed("{{if .Gone}}x{{else}}nothing{{end}}")).toBe("nothing");
  });

  test("is JSON with its fields in their order", () => {
    expect(goJson(item)).toBe(
      '{"Name":"web-1","Running":true,"Options":{"Labels":["a=b"],"Extra":null},"Gone":null,"Nil":null}',
    );
  });
});
