import { order, prerequisites } from "@machinist/core";
import fc from "fast-check";
import { expect, test } from "vitest";

const node = (id: string, parents: string[] = [], after?: string[]) => ({ id, parents, ...(after ? { after } : {}) });

test("what is needed comes first, by `after` as by parents", () => {
  const ordered = order([node("c", ["b"]), node("d", [], ["c"]), node("b", ["a"]), node("a")]);
  expect(ordered.map(({ id }) => id)).toEqual(["a", "b", "c", "d"]);
  expect(prerequisites({ parents: ["a"], after: ["b"] })).toEqual(["a", "b"]);
});

test("any graph without a cycle is ordered, each node once and after all it needs", () => {
  const graph = fc
    .array(fc.array(fc.nat()), { maxLength: 30 })
    .map((rows) =>
      rows.map((needs, index) => node(`n${index}`, index === 0 ? [] : [...new Set(needs.map((n) => `n${n % index}`))])),
    );
  fc.assert(
    fc.property(graph, fc.infiniteStream(fc.nat()), (nodes, shuffle) => {
      const mixed = nodes
        .map((each) => ({ each, at: shuffle.next().value ?? 0 }))
        .sort((a, b) => a.at - b.at)
        .map(({ each }) => each);
      const at = new Map(order(mixed).map(({ id }, index) => [id, index]));
      expect(at.size).toBe(nodes.length);
      for (const { id, parents } of nodes) for (const each of parents) expect(at.get(each)).toBeLessThan(at.get(id)!);
    }),
  );
});

test("two with one id are refused by that id", () => {
  expect(() => order([node("m/a"), node("m/a")])).toThrow(
    expect.objectContaining({ code: "graph.duplicate", message: expect.stringContaining("m/a") }),
  );
});

test("a cycle is told with its whole path", () => {
  const cycle = [node("m/a", ["m/b"]), node("m/b", [], ["m/c"]), node("m/c", ["m/a"])];
  expect(() => order(cycle)).toThrow(
    expect.objectContaining({ code: "graph.cycle", message: expect.stringContaining("m/a -> m/b -> m/c -> m/a") }),
  );
  expect(() => order([node("m/a", ["m/a"])])).toThrow(expect.objectContaining({ code: "graph.cycle" }));
});

test("what is needed and nowhere is told with who needs it", () => {
  expect(() => order([node("m/a", ["m/b"])])).toThrow(
    expect.objectContaining({ code: "graph.missing", message: expect.stringMatching(/m\/a depends on m\/b/) }),
  );
  expect(order([node("m/a", ["@f/b"])], new Set(["@f/b"]))).toHaveLength(1);
});
