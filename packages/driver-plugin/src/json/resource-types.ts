import {
  type Call,
  type Data,
  isFleetScope,
  type Json,
  type Level,
  type ResourceType,
  type ResourceTypes,
  type StepStatus,
  scopeOf,
} from "@machinist/core";
import type { LineGate } from "../line-gate.ts";
import type { Answers } from "./answers.ts";
import type { JsonProgram, RequestOptions } from "./program.ts";
import type { ObservedResource, ResourceTypeDescription } from "./protocol.ts";

/** What is kept of a resource: all that the driver said when it last saw it, so that it need not be asked again. */
export type SeenState = Data & { readonly state: Data };

type PluginCall = Call & { readonly state?: SeenState | undefined; readonly changed?: readonly string[] };

/** `folderOf`: the folder that a machine's files may be in; undefined where the program sees no files of this computer. */
export const kindsOf = (
  program: JsonProgram,
  answers: Answers,
  kinds: { readonly [kind: string]: ResourceTypeDescription },
  folderOf: ((machine: string) => string) | undefined,
): ResourceTypes =>
  Object.fromEntries(
    Object.entries(kinds).map(([name, about]) => [name, kindOf(program, answers, name, about, folderOf)]),
  );

function kindOf(
  program: JsonProgram,
  answers: Answers,
  name: string,
  about: ResourceTypeDescription,
  folderOf: ((machine: string) => string) | undefined,
): ResourceType<Data, SeenState> {
  const { update, check, ...fixed } = about;
  const ask = (method: string, call: PluginCall): Promise<Json> => {
    const scope = scopeOf(call.id);
    const folder = isFleetScope(scope) || !folderOf ? {} : { folder: folderOf(scope) };
    return program.request(method, { kind: name, call: { ...plain(call), ...folder } }, notes(call));
  };
  const look = async (method: string, call: PluginCall): Promise<SeenState> =>
    stateOf(answers.seen(method, await ask(method, call)));
  return {
    ...fixed,
    async read(call) {
      const seen = await ask("read", call);
      return seen === null || seen === undefined ? undefined : stateOf(answers.seen("read", seen));
    },
    create: (call) => look("create", call),
    delete: async (call) => void (await ask("delete", call)),
    ready: ({ ready }) =>
      ready === undefined || ready === true
        ? true
        : typeof ready === "string" && ready !== ""
          ? ready.slice(0, 200)
          : "it to be ready",
    drift: ({ drift }) => (Array.isArray(drift) ? drift.filter((each) => typeof each === "string") : []),
    ...(update ? { update: (call) => look("update", call) } : {}),
    ...(check ? { check: async (call) => void (await ask("checkUpdate", call)) } : {}),
  };
}

/** Undefined is not to be kept: what is saved is compared with what was. */
const stateOf = (seen: ObservedResource): SeenState => JSON.parse(JSON.stringify(seen)) as SeenState;

/** What a pipe carries of a call. The driver's own states are given back as it gave them. */
function plain({ id, fleet, props, owner, dependencies, state, changed }: PluginCall): Data {
  return {
    ...{ id, fleet, props, owner },
    dependencies: Object.fromEntries(
      Object.entries(dependencies).map(([key, each]) => [key, (each.state as Data | undefined) ?? each]),
    ),
    state: state?.state ?? null,
    ...(changed ? { changed: [...changed] } : {}),
  };
}

/** A call that asks again and again for the same thing to be noted is no call that works. */
const MOST_ANNOUNCED = 100;

/** What the driver says while it is at work, handed on: as much as anybody could follow. */
function notes(call: PluginCall): RequestOptions {
  let announced = 0;
  return {
    signal: call.signal,
    onStderr: (line) => call.log(line, "debug"),
    async onNote(method, params, gate) {
      if (method === "requestSent") {
        if (++announced > MOST_ANNOUNCED) throw new Error(`announced more than ${MOST_ANNOUNCED} times`);
        await call.markRequestSent?.();
      } else tell(call, method, params, gate);
    },
  };
}

function tell(call: PluginCall, method: string, params: Data, gate: LineGate): void {
  const said = textIn(method === "log" ? params.message : method === "step" ? params.step : params.unit);
  const tellLine = (line: string) => {
    if (method === "log") call.log(line, levelOf(params.level));
    else if (method === "step") call.step(line, statusOf(params.status));
    else if (method === "progress")
      call.progress(numberIn(params.done) ?? 0, numberIn(params.total), line || undefined);
  };
  gate.pass(said, tellLine, (sentence) => call.log(sentence, "warn"));
}

const levelOf = (level: Json | undefined): Level => (level === "warn" || level === "debug" ? level : "info");

const statuses: readonly StepStatus[] = ["checking", "applying", "applied", "unchanged", "failed"];
const statusOf = (status: Json | undefined): StepStatus => statuses.find((each) => each === status) ?? "applying";

const numberIn = (value: Json | undefined) =>
  typeof value === "number" && Number.isFinite(value) && value >= 0 ? value : undefined;
const textIn = (value: Json | undefined) => (typeof value === "string" ? value : "");
