import { expect, test } from "vitest";
import { compile, TemplateError } from "../src/index.ts";

const problem = (text: string): unknown => {
  try {
    return compile("", text).execute({});
  } catch (thrown) {
    return thrown;
  }
};

test("a template that calls itself for ever is a mistake of the template", () => {
  expect(problem('{{define "t"}}{{template "t"}}{{end}}{{template "t"}}')).toMatchObject({
    name: "TemplateError",
    message: expect.stringContaining("exceeded maximum template depth"),
  });
});

test("what is nested too deeply to be read is one as well", () => {
  expect(problem(`{{${"(".repeat(200_000)}1${")".repeat(200_000)}}}`)).toBeInstanceOf(TemplateError);
  expect(problem(`${"{{if true}}".repeat(100_000)}x${"{{end}}".repeat(100_000)}`)).toBeInstanceOf(TemplateError);
});
