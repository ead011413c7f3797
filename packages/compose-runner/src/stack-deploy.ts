import { createHash } from "node:crypto";
import { type Call, type Host, MachinistError, type Output, type RunOptions } from "@machinist/core";
import { encoded } from "./environment.ts";
import { hiding, withoutEnvLines } from "./hidden.ts";
import type { StackProps } from "./plan.ts";
import { withoutPlaces } from "./project.ts";
import { asRoot, demand, whileLogging } from "./remote.ts";
import { ASK_WITH_ENV, CLEAN, REMOVE_FOLDER, RUN_WITH_ENV, remoteFolder, WITH_LOGINS } from "./remote-scripts.ts";
import type { StackBundle } from "./stack-bundle.ts";
import { CONTENT_LABEL, type NamedObject, namedObject, overrideOf } from "./stack-objects.ts";
import { FRESH_FOLDER, LOOK_OBJECTS, REMOVE_UNUSED } from "./stack-scripts.ts";
import { lastLines } from "./steady.ts";

/** In memory: what a stack's files say is Swarm's to keep, and secrets are on no disk of the host on their way there. */
const folderOf = (name: string): string => `/run/machinist-stacks/${name}`;

/** Where stacks had their files before. */
const formerFolder = (name: string): string => `${remoteFolder(name)}.stack`;

type StackCall = Call<StackProps>;

/** The configs and secrets of a stack, by the names that they get. */
export function objectsOf(bundle: StackBundle, stack: string): NamedObject[] {
  const versioned = knowsNames(bundle.version);
  return bundle.objects.map((object) =>
    namedObject(object, bundle.hashes.get(object.path) ?? "", { stack, versioned }),
  );
}

/** From 3.5 on, and in what states no version or only `3`. */
const knowsNames = (version: unknown): boolean => !/^3\.[0-4]$/.test(String(version ?? ""));

/** Networks that docker itself makes, which stacks may use. */
const OF_EACH_HOST: readonly string[] = ["bridge", "default", "host", "none"];

/**
 * What a deployment needs of the Swarm, looked at before anything is changed. Throws `stack.external-missing` and
 * `stack.fixed-name`.
 */
export async function demandObjects(host: Host, call: StackCall, bundle: StackBundle): Promise<void> {
  const fixed = objectsOf(bundle, call.props.name).filter((object) => object.fixed);
  const external = bundle.external.filter(({ type, name }) => type !== "network" || !OF_EACH_HOST.includes(name));
  if (fixed.length + external.length === 0) return;
  const type = (object: NamedObject) => (object.section === "configs" ? "content" : "secret");
  const pairs = [
    ...external.map((each) => [each.type, each.name]),
    ...fixed.map((object) => [type(object), object.name]),
  ];
  const output = await host.script(LOOK_OBJECTS, [CONTENT_LABEL, ...pairs.flat()], asRoot(call));
  demand(output, "stack.failed", `Looking at what ${call.props.name} needs on ${host.name} failed`, call);
  const found = new Map(
    output.stdout.split("\n").map((line) => {
      const [kind, name, ...there] = line.split("\t");
      return [`${kind} ${name}`, there.join("\t").trim()];
    }),
  );
  for (const each of external) {
    const there = found.get(`${each.type} ${each.name}`) ?? "";
    if (there === "" || (each.type === "network" && there !== "swarm")) throw externalMissing(each, there);
  }
  for (const object of fixed) {
    const there = found.get(`${type(object)} ${object.name}`) ?? "";
    if (hasChanged(object, there)) throw fixedName(object);
  }
}

/** `L` and the label, or `D` and the content of a config as JSON. What cannot be told is left to docker to judge. */
function hasChanged(object: NamedObject, there: string): boolean {
  if (there.startsWith("L")) return there !== "L" && there.slice(1) !== object.content;
  if (!there.startsWith("D")) return false;
  const data = Buffer.from(there.slice(1).replaceAll('"', ""), "base64");
  return createHash("sha256").update(data).digest("hex") !== object.sha256;
}

const fixedName = ({ name, at, section }: NamedObject): MachinistError =>
  new MachinistError(
    "stack.fixed-name",
    `${at}: the ${section.slice(0, -1)} ${name} is there with another content, which cannot change`,
    {
      hint: `Without a name: of its own it gets one by its content, and the services the new one. Or give it another name:, since other stacks may use ${name}.`,
    },
  );

function externalMissing({ type, name, at }: StackBundle["external"][number], scope: string): MachinistError {
  const make = type === "network" ? `docker network create -d overlay ${name}` : `docker ${type} create ${name} FILE`;
  const what =
    scope === "" ? "is not on the Swarm" : `is one of a single host (${scope}), and stacks need one of the Swarm`;
  return new MachinistError("stack.external-missing", `${at}: the external ${type} ${name} ${what}`, {
    hint: `Make it on a manager: ${make}`,
  });
}

/** Takes the values of a stack's variables, and what env files hold, out of what is shown. */
export function hidingOf({ environment }: Pick<StackBundle, "environment">): (text: string) => string {
  const hide = hiding(Object.values(withoutPlaces(environment)));
  return (text) => hide(withoutEnvLines(text));
}

/** `docker stack deploy`; the files, and the logins to registries, are on the host only as long as it takes. */
export async function deployOn(host: Host, call: StackCall, bundle: StackBundle, logins?: string): Promise<void> {
  const { name } = call.props;
  for (const { name: variable, at } of bundle.unset)
    call.log(`${at}: the variable ${variable} is not set, so there is nothing in its place`, "warn");
  await withFiles(host, call, bundle, async (files) => {
    // Images that only the nodes have are as good as a registry's.
    const argv = ["docker", "stack", "deploy", "--prune", "--resolve-image", "changed"];
    if (logins !== undefined) argv.push("--with-registry-auth");
    argv.push(...files.flatMap((file) => ["-c", file]), name);
    const output = await docker(
      host,
      { ...bundle, ...(logins === undefined ? {} : { logins }) },
      [RUN_WITH_ENV, ...argv],
      (hide) => whileLogging({ ...call, log: (message, level) => call.log(hide(message), level) }),
    );
    judgeOutput(output.stderr, host);
    demand(output, "stack.failed", `docker stack deploy of ${name} failed on ${host.name}`, call);
  });
  await host.script(REMOVE_FOLDER, [formerFolder(name)], asRoot(call));
}

/** Runs docker with the stack's variables and none of the host's, and takes them out of what it says. */
async function docker(
  host: Host,
  { environment, logins }: Pick<StackBundle, "environment"> & { readonly logins?: string },
  [script = "", ...argv]: readonly string[],
  options: (hide: (text: string) => string) => RunOptions,
): Promise<Output> {
  const hide = hidingOf({ environment });
  const login = logins === undefined ? [] : ["sh", "-c", WITH_LOGINS, "sh"];
  const line = logins === undefined ? "" : `${Buffer.from(logins).toString("base64")}\n`;
  const output = await host.run(["sh", "-c", CLEAN, "sh", ...login, "sh", "-c", script, "sh", ...argv], {
    ...options(hide),
    stdin: `${line}${encoded(environment)}`,
  });
  return { ...output, stdout: hide(output.stdout), stderr: hide(output.stderr) };
}

/** Let docker itself judge the files, where it can without deploying them. Throws `stack.invalid`. */
export async function demandValid(host: Host, call: StackCall, bundle: StackBundle): Promise<void> {
  const { name } = call.props;
  const read = new Set([...bundle.composeFiles, ...bundle.envFiles]);
  const files = new Map([...bundle.files].filter(([file]) => read.has(file)));
  await withFolder(host, call, `${folderOf(name)}.asked`, async (folder) => {
    await host.upload(files, folder, { sudo: true, signal: call.signal });
    const argv = ["docker", "stack", "config", ...bundle.composeFiles.flatMap((file) => ["-c", `${folder}/${file}`])];
    const output = await docker(host, bundle, [ASK_WITH_ENV, ...argv], () => asRoot(call));
    judgeOutput(output.stderr, host);
    // Before 23.0 docker could not be asked.
    if (output.code === 0 || /unknown shorthand flag|is not a docker command|unknown command/.test(output.stderr))
      return;
    const said = output.stderr.replaceAll(`${folder}/`, "");
    throw new MachinistError(
      "stack.invalid",
      `docker stack refuses ${name}: ${lastLines(said).at(-1) ?? "it says no more"}`,
      {
        hint: `See it on a host with docker: docker stack config -c ${call.props.files.join(" -c ")}`,
      },
    );
  });
}

/** What docker means by what it says of a stack that it refuses. */
function judgeOutput(stderr: string, host: Host): void {
  if (stderr.includes("unsupported Compose file version: 1.0"))
    throw new MachinistError("stack.invalid", `Docker on ${host.name} takes only stack files that state a version`, {
      hint: 'Write version: "3.8" at the top of each, or bring that Docker up to date.',
    });
  const immutable = /failed to update (config|secret) (\S+?):.*only updates to Labels are allowed/s.exec(stderr);
  if (immutable)
    throw new MachinistError(
      "stack.fixed-name",
      `The ${immutable[1]} ${immutable[2]} is there with another content, which cannot change`,
      {
        hint: "Leave out its name:, so that it gets one by its content; in files of version 3.4 and before, state a later one.",
      },
    );
}

async function withFiles(
  host: Host,
  call: StackCall,
  bundle: StackBundle,
  work: (files: readonly string[]) => Promise<void>,
): Promise<void> {
  const { name } = call.props;
  await withFolder(host, call, folderOf(name), async (folder) => {
    await host.upload(bundle.files, folder, { sudo: true, signal: call.signal });
    const objects = objectsOf(bundle, name);
    const files = bundle.composeFiles.map((file) => `${folder}/${file}`);
    if (objects.length > 0) {
      const placeOf = (path: string) => `${folder}/${bundle.placeOf(path)}`;
      const override = `${folder}/.machinist-objects.json`;
      const text = overrideOf(objects, { version: bundle.version, placeOf });
      await host.write(override, text, { mode: 0o600, sudo: true, signal: call.signal });
      files.push(override);
    }
    await work(files);
  });
}

async function withFolder(
  host: Host,
  call: StackCall,
  folder: string,
  work: (folder: string) => Promise<void>,
): Promise<void> {
  const made = await host.script(FRESH_FOLDER, [folder], asRoot(call));
  demand(made, "stack.failed", `Making ${folder} on ${host.name} failed`, call);
  try {
    await work(folder);
  } finally {
    // Also when the call was given up: it gets no signal.
    await host.script(REMOVE_FOLDER, [folder], { sudo: true, timeoutMs: 20_000 }).catch(() => {});
  }
}

/** Configs and secrets that the stack had and that nothing uses any more. */
export async function removeUnused(host: Host, call: StackCall, bundle: StackBundle): Promise<void> {
  const { name } = call.props;
  const wanted = objectsOf(bundle, name).map((object) => object.name);
  const output = await host.script(REMOVE_UNUSED, [name, ...wanted], asRoot(call));
  demand(output, "stack.failed", `Removing the old configs and secrets of ${name} failed`, call);
  for (const line of output.stdout.split("\n")) {
    const [what, type, object] = line.split("\t");
    if (what === "removed") call.log(`Removed the ${type} ${object}, which nothing uses any more`, "debug");
    if (what === "used") call.log(`The ${type} ${object} of ${name} is still used by a service, and stays`, "warn");
  }
}

/** What a stack left on a host, here and where it was before. */
export async function removeFiles(host: Host, call: StackCall): Promise<void> {
  const folder = folderOf(call.props.name);
  for (const each of [folder, `${folder}.asked`, formerFolder(call.props.name)])
    await host.script(REMOVE_FOLDER, [each], asRoot(call));
}
