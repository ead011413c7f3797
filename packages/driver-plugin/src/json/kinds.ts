import {
  type Call,
  type Data,
  isFleetScope,
  type Json,
  type Kind,
  type Kinds,
  type Level,
  type StepStatus,
  scopeOf,
} from "@machinist/core";
import type { JsonProgram, RequestOptions } from "./program.ts";
import type { KindDescription, Seen } from "./protocol.ts";

/** What is kept of a resource: all that the driver said when it last saw it, so that it need not be asked again. */
export type SeenState = Data & { readonly state: Data };

type PluginCall = Call & { readonly state?: SeenState | undefined; readonly changed?: readonly string[] };

/** `folderOf`: the folder that a machine's files may be in; undefined where the program sees no files of this computer. */
export const kindsOf = (
  program: JsonProgram,
  kinds: { readonly [kind: string]: KindDescription },
  folderOf: ((machine: string) => string) | undefined,
): Kinds =>
  Object.fromEntries(Object.entries(kinds).map(([name, about]) => [name, kindOf(program, name, about, folderOf)]));

function kindOf(
  program: JsonProgram,
  name: string,
  about: KindDescription,
  folderOf: ((machine: string) => string) | undefined,
): Kind<Data, SeenState> {
  const { update, check, ...fixed } = about;
  const ask = (method: string, call: PluginCall): Promise<Json> => {
    const scope = scopeOf(call.id);
    const folder = isFleetScope(scope) || !folderOf ? {} : { folder: folderOf(scope) };
    return program.request(method, { kind: name, call: { ...plain(call), ...folder } }, notes(call));
  };
  const look = async (method: string, call: PluginCall): Promise<SeenState> =>
    stateOf((await ask(method, call)) as never);
  return {
    ...fixed,
    async read(call) {
      const seen = await ask("read", call);
      return seen === null || seen === undefined ? undefined : stateOf(seen as unknown as Seen);
    },
    create: (call) => look("create", call),
    delete: async (call) => void (await ask("delete", call)),
    ready: ({ ready }) => (ready === undefined || ready === true ? true : String(ready || "it to be ready")),
    drift: ({ drift }) => (Array.isArray(drift) ? drift.map(String) : []),
    ...(update ? { update: (call) => look("update", call) } : {}),
    ...(check ? { check: async (call) => void (await ask("checkUpdate", call)) } : {}),
  };
}

/** Undefined is not to be kept: what is saved is compared with what was. */
const stateOf = (seen: Seen): SeenState => JSON.parse(JSON.stringify(seen)) as SeenState;

/** What a pipe carries of a call. The driver's own states are given back as it gave them. */
function plain({ id, fleet, props, owner, seen, state, changed }: PluginCall): Data {
  return {
    ...{ id, fleet, props, owner },
    seen: Object.fromEntries(
      Object.entries(seen).map(([key, each]) => [key, (each.state as Data | undefined) ?? each]),
    ),
    state: state?.state ?? null,
    ...(changed ? { changed: [...changed] } : {}),
  };
}

/** What the driver says while it is at work, handed on. */
function notes(call: PluginCall): RequestOptions {
  return {
    signal: call.signal,
    onStderr: (line) => call.log(line, "debug"),
    async onNote(method, params) {
      if (method === "log") call.log(String(params.message ?? ""), levelOf(params.level));
      if (method === "step") call.step(String(params.step ?? ""), statusOf(params.status));
      if (method === "progress") call.progress(Number(params.done ?? 0), numberIn(params.total), textIn(params.unit));
      if (method === "announce") await call.announce?.();
    },
  };
}

const levelOf = (level: Json | undefined): Level => (level === "warn" || level === "debug" ? level : "info");

const statuses: readonly StepStatus[] = ["checking", "applying", "applied", "unchanged", "failed"];
const statusOf = (status: Json | undefined): StepStatus => statuses.find((each) => each === status) ?? "applying";

const numberIn = (value: Json | undefined) => (value === undefined ? undefined : Number(value));
const textIn = (value: Json | undefined) => (value === undefined ? undefined : String(value));
