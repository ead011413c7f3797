import { createHash } from "node:crypto";

/** One service of a stack, as Swarm tells it. */
export interface SeenService {
  /** Without the stack's name. */
  readonly name: string;
  readonly id: string;
  readonly running: number;
  readonly wanted: number;
  /** What it is to be, in short; how many replicas is told apart. */
  readonly spec: string;
  /** Absent for global ones and jobs. */
  readonly replicas?: number;
  readonly job: boolean;
  /** How the last update of it goes or went: `updating`, `paused`, `completed`, `rollback_started` … */
  readonly update?: { readonly state: string; readonly message: string };
}

export interface SeenTask {
  readonly id: string;
  /** Without the stack's name. */
  readonly service: string;
  /** Which of the service's places it takes. */
  readonly slot: string;
  readonly desired: string;
  readonly state: string;
  readonly error: string;
  /** Of one that failed: it did since the stack was last marked as deployed, and not long ago. */
  readonly lately: boolean;
}

/** What was noted of a service when it was deployed. */
export type Deployed = Pick<SeenService, "spec" | "replicas">;

export interface StackLook {
  readonly owner: string;
  readonly digest: string;
  readonly deployed: ReadonlyMap<string, Deployed>;
  readonly services: readonly SeenService[];
  readonly tasks: readonly SeenTask[];
}

/** A failure counts for this long; what has run for longer since is well. Seconds. */
const LATELY_S = 5 * 60;

/** Lines as `READ_STACK` prints them, without the first. */
export function lookOf(lines: readonly string[], stack: string): StackLook {
  const rows = lines.map((line) => line.split("\t"));
  const of = (type: string) => rows.filter(([first]) => first === type);
  const [, now = "0"] = of("N")[0] ?? [];
  const marks = of("C");
  // Two marks: a change was interrupted between them, so neither digest is to be trusted.
  const [, , owner = "", digest = ""] = marks[0] ?? [];
  const places = new Map(of("V").map(([, name = "", index]) => [name, Number(index)]));
  const markedAt = Math.max(0, ...marks.map(([, name = ""]) => places.get(name) ?? 0));
  const failures = new Map(of("F").map(([, id = "", index, ...status]) => [id, whenFailed(Number(index), status)]));
  const lately = (id: string): boolean => {
    const failure = failures.get(id);
    return failure !== undefined && failure.index > markedAt && Number(now) - failure.atS <= LATELY_S;
  };
  const told = new Map(of("I").map(([, name = "", ...json]) => [name, toldOf(json.join("\t"))]));
  const services = of("S").flatMap((row) => serviceOf(row, stack, told) ?? []);
  return {
    owner,
    digest: marks.length > 1 ? "" : digest,
    deployed: deployedOf(marks.map(([, , , , noted = ""]) => noted).find((noted) => noted !== "") ?? ""),
    services,
    tasks: of("T").flatMap((row) => taskOf(row, services, stack, lately) ?? []),
  };
}

const whenFailed = (index: number, status: readonly string[]): { index: number; atS: number } => {
  const said = parsed(status.join("\t")) as { Timestamp?: string } | undefined;
  return { index, atS: Date.parse(said?.Timestamp ?? "") / 1000 || 0 };
};

interface SwarmAnswer {
  readonly Spec?: {
    readonly Mode?: { readonly Replicated?: { readonly Replicas?: number }; readonly [mode: string]: unknown };
  };
  readonly UpdateStatus?: { readonly State?: string; readonly Message?: string } | null;
}

const toldOf = (json: string): SwarmAnswer | undefined => parsed(json) as SwarmAnswer | undefined;

function parsed(json: string): unknown {
  try {
    return JSON.parse(json);
  } catch {
    return undefined;
  }
}

/** `S⇥web_api⇥1/3⇥ID`, for jobs `S⇥web_job⇥0/1 (1/1 completed)⇥ID`. */
function serviceOf(
  [, name = "", replicas = "", id = ""]: readonly string[],
  stack: string,
  told: ReadonlyMap<string, SwarmAnswer | undefined>,
): SeenService | undefined {
  const match = /^(\d+)\/(\d+)(?: \((\d+)\/(\d+) completed\))?/.exec(replicas);
  // One that was removed between two commands is listed, and not told of.
  if (match === null || !told.has(name)) return undefined;
  const [running = 0, wanted = 0, completed = 0] = [match[1], match[2], match[3]].map((text) => Number(text ?? 0));
  const said = told.get(name);
  const mode = said?.Spec?.Mode;
  const update = said?.UpdateStatus;
  return {
    name: withoutStack(name, stack),
    id,
    // A job counts what it has completed.
    running: Math.max(running, completed),
    wanted: match[4] === undefined ? wanted : Number(match[4]),
    spec: said?.Spec === undefined ? "" : hashOf(said.Spec),
    ...(mode?.Replicated === undefined ? {} : { replicas: mode.Replicated.Replicas ?? 0 }),
    job: mode?.ReplicatedJob !== undefined || mode?.GlobalJob !== undefined,
    ...(update?.State ? { update: { state: update.State, message: update.Message ?? "" } } : {}),
  };
}

const withoutStack = (name: string, stack: string): string =>
  name.startsWith(`${stack}_`) ? name.slice(stack.length + 1) : name;

function taskOf(
  [, id = "", name = "", desired = "", state = "", error = ""]: readonly string[],
  services: readonly SeenService[],
  stack: string,
  lately: (id: string) => boolean,
): SeenTask | undefined {
  // Earlier tasks of a place may be drawn as a branch.
  const slot = withoutStack(name.replace(/^\s*\\_ /, ""), stack);
  // `web.1`, of a global one `web.NODE`; a service's own name may have dots.
  const service = services.find(
    (each) => slot.startsWith(`${each.name}.`) && !slot.slice(each.name.length + 1).includes("."),
  );
  if (service === undefined || id === "") return undefined;
  return {
    ...{ id, slot, desired, service: service.name },
    state: state.split(" ")[0] ?? "",
    error: error.replace(/^"(.*)"$/s, "$1"),
    lately: lately(id),
  };
}

/**
 * Of what is said, however much of it a version of docker leaves out because it is nothing, but for the replicas and for
 * what `docker service update --force` counts.
 */
function hashOf(spec: object): string {
  const text = JSON.stringify(spec, (key, value: unknown) => {
    if (key === "ForceUpdate") return undefined;
    if (key === "Mode" && typeof value === "object" && value !== null) return Object.keys(value);
    return meansNothing(value) ? undefined : value;
  });
  return createHash("sha256").update(text).digest("hex").slice(0, 16);
}

const meansNothing = (value: unknown): boolean =>
  value === null || value === false || value === 0 || value === "" || (typeof value === "object" && allOf(value));

const allOf = (value: object): boolean => Object.values(value).every(meansNothing);

/** `web=HASH/3,job=HASH`, kept with the mark. */
export const notedOf = (services: ReadonlyMap<string, Deployed>): string =>
  [...services]
    .map(([name, { spec, replicas }]) => `${name}=${spec}${replicas === undefined ? "" : `/${replicas}`}`)
    .join(",");

const deployedOf = (noted: string): Map<string, Deployed> =>
  new Map(
    [...noted.matchAll(/([^=,]+)=([0-9a-f]*)(?:\/(\d+))?/g)].map(([, name = "", spec = "", replicas]) => [
      name,
      { spec, ...(replicas === undefined ? {} : { replicas: Number(replicas) }) },
    ]),
  );
