import { MachinistError, type OptionsSchema } from "@machinist/core";
import { describe, expect, it } from "vitest";
import { flagsOf, resolveOptions } from "../src/index.ts";

const options: OptionsSchema = {
  type: "object",
  additionalProperties: false,
  required: ["address"],
  properties: {
    address: { type: "string", description: "Where it is", "x-env": "BOX_ADDRESS" },
    size: { type: "string", description: "How big", enum: ["small", "large"], default: "small" },
    cpus: { type: "integer", description: "Processors", minimum: 1, maximum: 8, default: 2, "x-env": "BOX_CPUS" },
    ratio: { type: "number", description: "Overcommit", minimum: 0 },
    fast: { type: "boolean", description: "Quickly", default: false, "x-env": "BOX_FAST" },
    tags: { type: "array", description: "Marks", items: { type: "string", pattern: "^[a-z]+$" }, "x-env": "BOX_TAGS" },
    code: { type: "string", description: "A code", pattern: "^[A-Z]{2}$" },
  },
};
const box = { name: "box", options };

function refusal(given: Parameters<typeof resolveOptions>[1], env = {}): MachinistError {
  try {
    resolveOptions(box, given, env);
  } catch (error) {
    expect(error).toBeInstanceOf(MachinistError);
    return error as MachinistError;
  }
  throw new Error("was accepted");
}

describe("resolveOptions", () => {
  it("completes what was given with defaults", () => {
    expect(resolveOptions(box, { address: "a" }, {})).toEqual({ address: "a", size: "small", cpus: 2, fast: false });
  });

  it("lets what was given win over the environment, and that over the default", () => {
    const env = { BOX_ADDRESS: "env", BOX_CPUS: "4", BOX_FAST: "yes", BOX_TAGS: "a, b" };
    const all = resolveOptions(box, { address: "mine" }, env);
    expect(all).toEqual({ address: "mine", size: "small", cpus: 4, fast: true, tags: ["a", "b"] });
  });

  it("counts an empty variable as unset", () => {
    expect(resolveOptions(box, { address: "a" }, { BOX_CPUS: "", BOX_FAST: "" })).toMatchObject({
      cpus: 2,
      fast: false,
    });
    expect(refusal({}, { BOX_ADDRESS: "" }).code).toBe("options.missing");
  });

  it("reads text as the type an option wants", () => {
    const given = { address: "a", cpus: "3", ratio: "1.5", fast: "off", tags: "" };
    expect(resolveOptions(box, given, {})).toMatchObject({ cpus: 3, ratio: 1.5, fast: false, tags: [] });
  });

  it.each([
    [{ address: 5 }, "Option address must be text, not 5 (put it in quotes)"],
    [{ address: null }, "Option address must be text, not null"],
    [{ address: "a", size: "Large" }, 'Option size must be "small" or "large", not "Large"'],
    [{ address: "a", cpus: "many" }, 'Option cpus must be a whole number, not "many"'],
    [{ address: "a", cpus: 2.5 }, "Option cpus must be a whole number, not 2.5"],
    [{ address: "a", cpus: 9 }, "Option cpus must be from 1 to 8, not 9"],
    [{ address: "a", ratio: -1 }, "Option ratio must be at least 0, not -1"],
    [{ address: "a", fast: "maybe" }, 'Option fast must be true or false, not "maybe"'],
    [{ address: "a", tags: ["a", "B"] }, 'Option tags: each must match ^[a-z]+$, not "B"'],
    [{ address: "a", tags: [1] }, "Option tags must be a list of words, but 1 is none"],
    [{ address: "a", code: "x" }, 'Option code must match ^[A-Z]{2}$, not "x"'],
  ])("refuses %j", (given, sentence) => {
    expect(refusal(given)).toMatchObject({ code: "options.invalid", message: sentence });
  });

  it("makes paths absolute where it is told from where", () => {
    const key = { type: "string", description: "A key", format: "path" } as const;
    const module = {
      name: "k",
      options: { type: "object", additionalProperties: false, properties: { key } },
    } as const;
    const at = (path: string, cwd?: string) => resolveOptions(module, { key: path }, { HOME: "/home/me" }, cwd).key;
    expect(at("id", "/some/dir")).toBe("/some/dir/id");
    expect(at("~/.ssh/id", "/some/dir")).toBe("/home/me/.ssh/id");
    expect(at("/etc/id", "/some/dir")).toBe("/etc/id");
    expect(at("id")).toBe("id");
  });

  it("names the variable a wrong value came from", () => {
    expect(refusal({ address: "a" }, { BOX_CPUS: "x" }).message).toBe(
      'Option cpus ($BOX_CPUS) must be a whole number, not "x"',
    );
  });

  it("says how to give what is missing", () => {
    expect(refusal({})).toMatchObject({
      code: "options.missing",
      message:
        "Driver box needs option address: give --box-address, set BOX_ADDRESS, or write address under options in the manifest",
    });
  });

  it("guesses what an unknown option was meant to be, prefix and all", () => {
    expect(refusal({ address: "a", adress: "b" }).message).toBe(
      'Driver box has no option "adress"; did you mean "address"?',
    );
    expect(refusal({ address: "a", "box-cpus": 1 }).message).toBe(
      'Driver box has no option "box-cpus"; did you mean "cpus"?',
    );
    expect(refusal({ address: "a", xylophone: 1 }).message).toContain("it has address, size, cpus");
  });

  it("is not fooled by names every object has", () => {
    const hostile = JSON.parse('{"address": "a", "__proto__": {"cpus": 7}, "constructor": 1}');
    expect(refusal(hostile).message).toContain('"__proto__"');
    expect(refusal(hostile).message).toContain('"constructor"');
    expect(({} as { cpus?: number }).cpus).toBeUndefined();
  });

  it("tells all problems at once, under the code of the first", () => {
    const error = refusal({ nope: 1, cpus: 0 });
    expect(error.code).toBe("options.unknown");
    expect(error.message.split("\n")).toHaveLength(4);
    expect(error.hint).toContain("--driver box --help");
  });
});

describe("flagsOf", () => {
  it("lists flags in the order of the schema", () => {
    const flags = flagsOf(box);
    expect(flags.map((flag) => flag.flag)).toEqual(Object.keys(options.properties).map((name) => `--box-${name}`));
    expect(flags[0]).toEqual({
      flag: "--box-address",
      name: "address",
      description: "Where it is",
      type: "string",
      required: true,
      env: "BOX_ADDRESS",
    });
    expect(flags[2]).toMatchObject({ default: 2, type: "integer", required: false });
  });
});
