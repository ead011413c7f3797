import type { World } from "../lab-world.ts";

/** What is on a host and belongs to its owner. */
export interface Seen {
  /** By id: `started status`. */
  readonly containers: Readonly<Record<string, string>>;
  readonly images: readonly string[];
  readonly volumes: readonly string[];
  readonly networks: readonly string[];
  /** Data root, storage driver, cgroup driver, live-restore, Swarm's state. */
  readonly engine: string;
  readonly packages: readonly string[];
  /** By path: mode, owner, what it links to, content. */
  readonly files: Readonly<Record<string, string>>;
  readonly daemonJson: unknown;
}

/** Machinist's own, which it says that it writes. */
const ours = [
  ...["ca.pem", "server.pem", "server-key.pem", "machinist.json", "machinist.env"].map((name) => `/etc/docker/${name}`),
  "/etc/systemd/system/docker.service.d/zz-machinist.conf",
  "/etc/systemd/system/multi-user.target.wants/docker.service",
];
/** What the host itself writes while it runs. */
const its = /^\/etc\/(resolv\.conf|mtab|\.updated|\.pwd\.lock|ld\.so\.cache|docker\/key\.json)$/;

// What Docker keeps in its data root is looked at through Docker.
const places = "/etc /usr/local /root /home /srv -xdev ! -path '*/.cache/*' ! -path '/srv/d/*'";
/** Everything's mode, owner and link, then the digests of files: a path may come twice. */
const LIST = `find ${places} \\( -type f -o -type l \\) -printf '%p\\t%m %u:%g %l\\n' 2> /dev/null
find ${places} -type f -print0 2> /dev/null | xargs -0r sha256sum | sed -E 's#^([0-9a-f]{16})[0-9a-f]* +(.*)$#\\2\\t\\1#'`;

const engineFacts =
  "{{.DockerRootDir}} {{.Driver}} {{.CgroupDriver}} live-restore={{.LiveRestoreEnabled}} swarm={{.Swarm.LocalNodeState}}";

/** Look at a host as its owner would; changes nothing. A Docker that does not run has nothing to show, and is not started. */
export async function observe(world: World, machine: string): Promise<Seen> {
  const running = await world.sh(machine, "systemctl is-active docker 2> /dev/null || true");
  const docker = (line: string) => (running === "active" ? world.sh(machine, line) : Promise.resolve(""));
  const lines = (text: string) => text.split("\n").filter((line) => line !== "");
  const pairs = (text: string, by: string) => {
    const found: Record<string, string> = {};
    for (const line of lines(text)) {
      const at = line.indexOf(by);
      const key = line.slice(0, at);
      found[key] = `${found[key] ?? ""}${line.slice(at + 1)} `;
    }
    return found;
  };
  const inspect = "docker inspect -f '{{.Id}} {{.State.StartedAt}} {{.State.Status}}'";
  const files = pairs(await world.sh(machine, LIST), "\t");
  const content = await world.sh(machine, "cat /etc/docker/daemon.json 2> /dev/null || true");
  return {
    containers: pairs(await docker(`docker ps -aq --no-trunc | xargs -r ${inspect} | sort`), " "),
    images: lines(await docker("docker images -aq --no-trunc | sort -u")),
    volumes: lines(await docker("docker volume ls -q | sort")),
    networks: lines(await docker("docker network ls --format '{{.ID}} {{.Name}}' | sort")),
    engine: await docker(`docker info -f '${engineFacts}'`),
    packages: lines(await world.sh(machine, "dpkg-query -W -f '${Package} ${Version} ${db:Status-Status}\\n' | sort")),
    files: Object.fromEntries(Object.entries(files).filter(([path]) => !its.test(path))),
    daemonJson: parsed(content),
  };
}

/** daemon.json where it can be read as JSON, a byte order mark left out; else its text. */
function parsed(text: string): unknown {
  try {
    return text === "" ? {} : JSON.parse(text.replace(/^\uFEFF/, ""));
  } catch {
    return text;
  }
}

/** What differs though nobody asked for it, a line each. `provisioned`: machinist's own files are there, and its settings. */
export function undeclared(before: Seen, after: Seen, provisioned: boolean, installs = false): string[] {
  const found: string[] = [];
  const say = (what: string, was: unknown, is: unknown) => {
    if (JSON.stringify(was) !== JSON.stringify(is))
      found.push(`${what}: ${JSON.stringify(was)}, then ${JSON.stringify(is)}`);
  };
  say("containers", before.containers, after.containers);
  for (const what of ["images", "volumes", "networks"] as const)
    if (!installs || before[what].length > 0) say(what, before[what], after[what]);
  if (!installs) say("engine", before.engine, after.engine);
  if (installs)
    say(
      "packages that went",
      [],
      before.packages.filter((each) => !after.packages.includes(each)),
    );
  else say("packages", before.packages, after.packages);
  for (const path of new Set([...Object.keys(before.files), ...Object.keys(after.files)]))
    if (!isDeclared(path, provisioned, installs, before)) say(path, before.files[path], after.files[path]);
  const theirs = before.daemonJson as Record<string, unknown>;
  if (!provisioned || typeof theirs !== "object") say("daemon.json", before.daemonJson, after.daemonJson);
  else
    for (const [key, value] of Object.entries(theirs))
      if (key !== "labels") say(`daemon.json: ${key}`, value, (after.daemonJson as Record<string, unknown>)[key]);
  return found;
}

/** daemon.json is compared by what it says; that its mode, owner and link stay is a line of its own in a state. */
function isDeclared(path: string, provisioned: boolean, installs: boolean, before: Seen): boolean {
  if (path.endsWith("/daemon.json")) return true;
  if (ours.includes(path)) return provisioned || installs || path.includes("multi-user.target.wants");
  // A package brings files, a group and units that are switched on.
  if (installs && before.files[path] === undefined) return true;
  return installs && /^\/etc\/(group|gshadow|passwd|shadow|subuid|subgid|ld\.so\.cache)-?$/.test(path);
}
