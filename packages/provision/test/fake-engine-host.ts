import { createHash } from "node:crypto";
import { MachinistError } from "@machinist/core";
import { createFakeHost, type FakeHost } from "@machinist/testkit";
import type { EngineVerifier } from "../src/index.ts";

const UNIT_PATH = "/usr/lib/systemd/system/docker.service";
const UNIT = [
  "[Service]",
  "ExecStart=/usr/sbin/dockerd -H fd:// --containerd=/run/containerd/containerd.sock $DOCKER_OPTS",
  "",
].join("\n");

/** A Debian host with systemd and Docker, as far as the recipe's scripts can tell. */
export interface FakeEngineHost extends FakeHost {
  /** Times dockerd was started and told to reload. */
  restarts: number;
  reloads: number;
  active: boolean;
  dockerd: boolean;
  /** A container runs. It ends where Docker restarts without live-restore, before or after. */
  container: boolean;
  /** live-restore as the running dockerd has it. */
  live: boolean;
  swarm: boolean;
  /** Its data root. */
  root: string;
  /** dockerd refuses to start while this holds. */
  refuses: (text: (path: string) => string | undefined) => boolean;
  /** Let the connection break after so many more single acts of the apply script. */
  cutAfter: number;
  /** It breaks once only, and such an error can be retried. */
  heals: boolean;
  text(path: string): string | undefined;
  put(path: string, text: string): void;
  readonly verify: EngineVerifier;
}

export function fakeEngineHost(): FakeEngineHost {
  const base = createFakeHost([], { name: "m1" });
  const text = (path: string): string | undefined => {
    const file = base.files.get(path);
    return file && Buffer.from(file.content).toString();
  };
  let hostname = "fresh";
  let stale = false;
  const host: FakeEngineHost = Object.assign(base, {
    restarts: 0,
    reloads: 0,
    active: true,
    dockerd: true,
    container: false,
    live: false,
    swarm: false,
    root: "/var/lib/docker",
    refuses: () => false,
    cutAfter: Number.POSITIVE_INFINITY,
    heals: false,
    text,
    put: (path: string, content: string) => {
      base.files.set(path, { content: Buffer.from(content), mode: 0o600, sudo: true });
    },
    verify: async () => {
      if (!host.active || !text("/etc/docker/server.pem"))
        throw new MachinistError("docker.unreachable", "connection refused", { retryable: true });
      return { version: "26.1.5+dfsg1", apiVersion: "1.45", id: "engine-id" };
    },
  });

  const act = (work: () => void): void => {
    if (host.cutAfter-- <= 0) {
      if (host.heals) host.cutAfter = Number.POSITIVE_INFINITY;
      throw new MachinistError("ssh.closed", "The connection was lost", { retryable: host.heals });
    }
    work();
  };
  const dropIns = (): string[] =>
    [...base.files.keys()].filter((path) => path.startsWith("/etc/systemd/system/docker.service.d/")).sort();
  const daemon = (): { [key: string]: unknown } => JSON.parse(text("/etc/docker/daemon.json") ?? "{}");
  const restart = (): boolean => {
    host.restarts++;
    stale = false;
    if (host.active && !host.live) host.container = false;
    host.active = !host.refuses(text);
    if (host.active) host.live = daemon()["live-restore"] === true;
    if (host.active && !host.live) host.container = false;
    return host.active;
  };
  // A key that was taken out is not noticed.
  const reload = (): void => {
    host.reloads++;
    const wanted = daemon()["live-restore"];
    if (typeof wanted === "boolean") host.live = wanted;
  };

  const probe = (): string => {
    const unit = host.dockerd
      ? [[`unit:${UNIT_PATH}`, UNIT_PATH], ...dropIns().map((path) => [`unit:${path}`, path])]
      : [];
    const info = {
      DockerRootDir: host.root,
      Driver: "overlay2",
      Swarm: { LocalNodeState: host.swarm ? "active" : "inactive" },
    };
    const said = host.active ? [`file:info=${Buffer.from(JSON.stringify(info)).toString("base64")}`] : [];
    const env = text(FILES.env!);
    const files = [...Object.entries(FILES), ...unit].flatMap(([name = "", path = ""]) => {
      const content = path === UNIT_PATH ? UNIT : text(path);
      return content === undefined ? [] : [`file:${name}=${Buffer.from(content).toString("base64")}`];
    });
    const key = text("/etc/docker/server-key.pem");
    const exec = /^ExecStart=(\/.*)$/m.exec(text(FILES["drop-in"]!) ?? UNIT)?.[1];
    return [
      "begin=machinist-facts",
      "arch=x86_64",
      `hostname=${hostname}`,
      ...files,
      ...said,
      ...(env ? [`env-digest=${createHash("sha256").update(env).digest("hex")}`, "env-mode=600"] : []),
      ...(key ? [`key-digest=${createHash("sha256").update(key).digest("hex")}`, "key-mode=600"] : []),
      `dockerd=${host.dockerd ? "/usr/sbin/dockerd" : ""}`,
      "binary=1:1",
      ...(host.container ? ["containers=yes"] : []),
      "init=systemd",
      `systemd:ActiveState=${host.active ? "active" : "failed"}`,
      "systemd:UnitFileState=enabled",
      `systemd:NeedDaemonReload=${stale ? "yes" : "no"}`,
      `systemd:ExecStart={ path=/usr/sbin/dockerd ; argv[]=${exec} ; }`,
      "end=machinist-facts",
      "",
    ].join("\n");
  };

  host.put("/etc/os-release", 'ID=debian\nVERSION_ID="13"\nPRETTY_NAME="Debian GNU/Linux 13 (trixie)"\n');
  host.on("begin machinist-facts", probe);
  host.on(/hostnamectl/, ({ argv }) => {
    act(() => {
      hostname = argv[0]!;
    });
    return probe();
  });
  host.on(/machinist (none|reload|reread|restart) systemd/, ({ stdin = "", argv }) => {
    const lines = stdin.split("\n");
    if (!lines.includes("end")) return { code: 64 };
    const before = new Map(host.files);
    const write = ([kind, path = "", , content = ""]: string[]): void =>
      act(() => {
        if (path.startsWith("/etc/systemd/")) stale = true;
        if (kind === "remove" || kind === "drop") host.files.delete(path);
        else host.put(path, Buffer.from(content, "base64").toString());
      });
    const entries = lines.slice(0, lines.indexOf("end")).map((line) => line.split(" "));
    const of = (...kinds: string[]) => entries.filter(([kind]) => kinds.includes(kind!));
    const take = (kind: string): void => {
      of(kind).forEach(write);
      if (of(kind).length > 0) act(reload);
    };
    of("pending").forEach(write);
    take("lend");
    of("file", "remove").forEach(write);
    const action = argv[argv.indexOf("machinist") + 1];
    let started = true;
    if (action === "restart") act(() => (started = restart()));
    if (action === "reload") act(reload);
    if (!started) {
      host.files.clear();
      for (const [path, file] of before) host.files.set(path, file);
      of("lend").forEach(write);
      const restored = restart();
      take("undo");
      host.files.clear();
      for (const [path, file] of before) host.files.set(path, file);
      return { code: 70, stdout: restored ? "machinist-restored\n" : "", stderr: "dockerd: no such driver" };
    }
    take("back");
    of("final", "drop").forEach(write);
    return probe();
  });
  return host;
}

const FILES: { readonly [name: string]: string } = {
  "os-release": "/etc/os-release",
  marker: "/etc/docker/machinist.json",
  "daemon-json": "/etc/docker/daemon.json",
  ca: "/etc/docker/ca.pem",
  server: "/etc/docker/server.pem",
  "drop-in": "/etc/systemd/system/docker.service.d/zz-machinist.conf",
  "docker-machine": "/etc/systemd/system/docker.service.d/10-machine.conf",
  "earlier-drop-in": "/etc/systemd/system/docker.service.d/10-machinist.conf",
  env: "/etc/docker/machinist.env",
};
