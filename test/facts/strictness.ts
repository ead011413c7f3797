import type { Judge, OpenApi } from "@machinist/lab";
import { mutants, sample } from "./samples.ts";

type Schema = { readonly [key: string]: unknown };
type Content = { readonly "application/json"?: { readonly schema: Schema } };

/** One body, or query, or header, and what a judge has to say against it. */
export interface Verdict {
  readonly what: string;
  readonly faults: readonly string[];
}

/** What judges say of everything that can be sent and answered by `document`: as it should be, and with something wrong. */
export function* verdicts(document: OpenApi, judge: Judge): Generator<Verdict> {
  // Refusals are the same for all operations: each is looked at once.
  const seen = new Set<string>();
  for (const [template, operations] of Object.entries(document.paths))
    for (const method of Object.keys(operations)) yield* ofOperation(document, judge, method, template, seen);
}

function* ofOperation(
  document: OpenApi,
  judge: Judge,
  method: string,
  template: string,
  seen: Set<string>,
): Generator<Verdict> {
  const resolve = (node: Schema): Schema => {
    if (typeof node.$ref !== "string") return node;
    const target = node.$ref.slice(2).split("/");
    return resolve(target.reduce<unknown>((at, step) => (at as Schema)[step], document) as Schema);
  };
  const operation = document.paths[template]![method]!;
  const name = operation.operationId;
  const none = new URLSearchParams();
  const meet = (value: string) => judge.meet(method, template.replace(/\{\w+\}/g, value))!;
  for (const value of ["1", "-1", "a-1", "no%20word", "5a4981aa-9653-4bd1-bef5-d6bff52042e4"])
    yield { what: `${name} ${value}`, faults: judge.request(meet(value), none, undefined) };
  for (const of of (operation.parameters ?? []).map(resolve).filter((each) => each.in === "query"))
    for (const value of ["1", "0", "201", "a", "true", "distribution", ""]) {
      const query = new URLSearchParams({ [String(of.name)]: value });
      yield { what: `${name} ?${query}`, faults: judge.request(meet("1"), query, undefined) };
    }
  const body = operation.requestBody && (resolve(operation.requestBody).content as Content);
  for (const [index, value] of all(document, body).entries())
    yield { what: `${name} body ${index}`, faults: judge.request(meet("1"), none, value) };
  for (const [status, reference] of Object.entries(operation.responses)) {
    const { content, headers = {} } = resolve(reference) as { content?: Content; headers?: Schema };
    if (typeof reference.$ref === "string" && seen.size === seen.add(reference.$ref).size) continue;
    const code = status === "default" ? 599 : Number(status);
    for (const [index, value] of all(document, content).entries())
      yield { what: `${name} ${status} ${index}`, faults: judge.answer(meet("1"), code, {}, value) };
    for (const header of Object.keys(headers))
      for (const value of ["1", "soon"])
        yield { what: `${name} ${header}`, faults: judge.answer(meet("1"), code, { [header]: value }, undefined) };
  }
}

/** Nothing, what keeps to the schema, and what does not. */
function all(document: OpenApi, content: Content | undefined): unknown[] {
  const schema = content?.["application/json"]?.schema;
  if (!schema) return [undefined, {}];
  const whole = sample(document, schema);
  return [undefined, whole, ...mutants(whole)];
}
