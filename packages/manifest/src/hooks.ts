import { basename, dirname, isAbsolute, resolve } from "node:path";
import { afterOnlyEvents, type HookAction, type HookEvent, type HookSpec } from "@machinist/core";
import { parseDuration } from "@machinist/options";
import type { Group } from "./groups.ts";
import { type ActionKey, actionKeys } from "./hook-schema.ts";
import type { Problems } from "./problem.ts";
import { type NamedFile, unknownMachine } from "./projects.ts";
import { at, itemsOf, type Tree, textOf, textsOf } from "./tree.ts";

/** When shipped actions that keep a file in step have something to do. */
const standardEvents: readonly HookEvent[] = ["machine.created", "machine.address", "machine.removed", "engine.ready"];
const levelling: readonly ActionKey[] = ["hosts", "ssh-config", "contexts"];

const standardTimeoutMs = 30_000;

/** What everything here looks things up in. */
interface Context {
  readonly groups: readonly Group[];
  readonly problems: Problems;
  readonly files: NamedFile[];
}

/** The hooks of a manifest that has passed its schema. */
export function hooksOf(root: Tree, groups: readonly Group[], problems: Problems, files: NamedFile[]): HookSpec[] {
  const names = new Set<string>();
  return itemsOf(at(root, "hooks")).flatMap((tree, index) => {
    const path = `hooks[${index}]`;
    const action = actionOf(tree, path, { groups, problems, files });
    if (!action) return [];
    const given = textOf(at(tree, "name"));
    if (given !== undefined && names.has(given))
      problems.add({
        code: "manifest.duplicate-name",
        sentence: `there are two hooks named ${JSON.stringify(given)}`,
        place: tree.place,
      });
    const name = given ?? freeName(nameOf(action), names);
    names.add(name);
    return [hookOf(tree, path, name, action, problems)];
  });
}

function hookOf(tree: Tree, path: string, name: string, action: HookAction, problems: Problems): HookSpec {
  const when = textOf(at(tree, "when")) === "before" ? "before" : "after";
  const on = eventsOf(tree, path, when, problems);
  const retries = at(tree, "retries");
  return {
    name,
    on,
    when,
    action,
    timeoutMs: parseDuration(textOf(at(tree, "timeout")) ?? "") ?? standardTimeoutMs,
    retries: retries?.kind === "leaf" ? Number(retries.value) : 0,
    onFailure: (textOf(at(tree, "on-failure")) ?? "warn") as HookSpec["onFailure"],
    folder: dirname(tree.place.source.path),
  };
}

function eventsOf(tree: Tree, path: string, when: HookSpec["when"], problems: Problems): HookEvent[] {
  const on = at(tree, "on");
  const events = [...new Set(textsOf(on) ?? [])] as HookEvent[];
  if (on === undefined) {
    if (levelling.some((key) => at(tree, key) !== undefined) && when === "after") return [...standardEvents];
    problems.add({ code: "manifest.missing-key", sentence: `${path} needs the key "on"`, place: tree.place });
  }
  const late = when === "before" ? events.find((event) => afterOnlyEvents.includes(event)) : undefined;
  if (late !== undefined)
    problems.add({
      code: "manifest.invalid",
      sentence: `${path} cannot come before ${late}, which is known only when it has happened`,
      place: on?.place ?? tree.place,
    });
  return events;
}

function actionOf(tree: Tree, path: string, context: Context): HookAction | undefined {
  const key = actionKeys.find((each) => at(tree, each) !== undefined);
  const value = key === undefined ? undefined : at(tree, key);
  if (!key || !value) return undefined;
  switch (key) {
    case "run":
      return { type: "run", argv: argvOf(value, context.files) };
    case "module":
      return { type: "module", module: programPath(value, "module", context.files) };
    case "container":
      return containerOf(value, `${path}.container`, context);
    case "hosts":
      return hostsOf(value, `${path}.hosts`, context);
    case "ssh-config":
    case "contexts":
      return switchedOn(key, value, path, context.problems);
    case "webhook": {
      const secretEnv = textOf(at(value, "secret-env"));
      const url = textOf(value) ?? textOf(at(value, "url")) ?? "";
      return { type: "webhook", url, ...(secretEnv === undefined ? {} : { secretEnv }) };
    }
  }
}

function argvOf(value: Tree, files: NamedFile[]): string[] {
  const [program, ...args] = value.kind === "list" ? value.items : [value];
  return [program ? programPath(program, "program", files) : "", ...args.map((arg) => textOf(arg) ?? "")];
}

/** With a slash it is a file, relative to the manifest; without, it is looked for where programs or packages are. */
function programPath(tree: Tree, what: string, files: NamedFile[]): string {
  const written = textOf(tree) ?? "";
  const isFile = what === "module" ? /^\.{0,2}\//.test(written) : written.includes("/");
  if (!isFile && !isAbsolute(written)) return written;
  const path = resolve(dirname(tree.place.source.path), written);
  files.push({ path, written, what, place: tree.place });
  return path;
}

function containerOf(value: Tree, path: string, { groups, problems }: Context): HookAction {
  const image = textOf(value) ?? textOf(at(value, "image")) ?? "";
  const command = textsOf(at(value, "command"));
  const tree = at(value, "machine");
  const machine = textOf(tree);
  if (tree && machine !== undefined && !machineNames(groups).includes(machine))
    unknownMachine(machine, `${path}.machine`, groups, tree.place, problems);
  return { type: "container", image, ...(command && { command }), ...(machine !== undefined && { machine }) };
}

function hostsOf(value: Tree, path: string, { groups, problems }: Context): HookAction {
  const on = value.kind === "map" ? at(value, "on") : value;
  const found = (on?.kind === "list" ? on.items : on ? [on] : []).flatMap((item) => {
    const wanted = textOf(item) ?? "";
    if (wanted === "local" || wanted === "machines") return [wanted];
    const group = groups.find(({ name }) => name === wanted);
    if (!group && !machineNames(groups).includes(wanted)) unknownMachine(wanted, path, groups, item.place, problems);
    return group ? group.machines.map(({ name }) => name) : [wanted];
  });
  const file = at(value, "file");
  return { type: "hosts", on: [...new Set(found)], ...(file && { file: fileOf(file) }) };
}

/** `true`, or for what is a file its path. */
function switchedOn(key: "ssh-config" | "contexts", value: Tree, path: string, problems: Problems) {
  if (value.kind === "leaf" && value.value === false) {
    const sentence = `${path}.${key} is false: a hook that does nothing`;
    problems.add({ code: "manifest.invalid", sentence, place: value.place, hint: "Leave the hook out." });
  }
  if (key === "contexts") return { type: key } as const;
  const named = value.kind === "leaf" && typeof value.value === "string";
  return { type: key, ...(named && { file: fileOf(value) }) } as const;
}

const fileOf = (tree: Tree): string => resolve(dirname(tree.place.source.path), textOf(tree) ?? "");

const machineNames = (groups: readonly Group[]): string[] =>
  groups.flatMap(({ machines }) => machines.map(({ name }) => name));

function nameOf(action: HookAction): string {
  if (action.type === "run") return basename(action.argv[0] ?? "");
  if (action.type === "module") return basename(action.module);
  return action.type === "container" ? action.image : action.type;
}

function freeName(name: string, taken: ReadonlySet<string>): string {
  let free = name;
  for (let more = 2; taken.has(free); more++) free = `${name}-${more}`;
  return free;
}
