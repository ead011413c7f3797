import { execFileSync } from "node:child_process";
import { cpSync, mkdirSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { freePorts, type Said, Scene } from "../scene.ts";
import type { Line } from "./generate.ts";
import type { StoreName } from "./words.ts";

/** What a call says, and the machines that there are after it where that may have changed. */
export interface Answer extends Said {
  readonly machines?: readonly string[];
}

const living = ["-d", "none", "--url", "tcp://127.0.0.1:2376"];
const silent = ["-d", "none", "--url", "tcp://127.0.0.1:2399"];
const swarm = ["--swarm", "--swarm-discovery", "token://1234"];
const engine = [
  ...["--engine-label", "tier=front", "--engine-label", "env=test", "--engine-opt", "log-driver=json-file"],
  ...["--engine-env", "A=b", "--engine-storage-driver", "overlay2", "--tls-san", "m2.example"],
];

/** How each store is made, by the program itself. */
const made: Readonly<Record<StoreName, readonly (readonly string[])[]>> = {
  plain: [
    ["create", ...living, "m1"],
    ["create", ...silent, ...engine, ...swarm, "--swarm-master", "m2"],
    ["create", ...silent, ...swarm, "m10"],
  ],
  odd: [["create", ...living, "default"]],
};

type Ports = Readonly<Record<StoreName, readonly [living: number, silent: number]>>;

const changing = new Set([
  "create",
  "rm",
  "regenerate-certs",
  "start",
  "stop",
  "kill",
  "restart",
  "provision",
  "upgrade",
]);
const tools = ["ssh", "scp", "cp", "sh"];

/** The stores that lines are about: one as it should be, and one with a dead host, an unknown driver and broken files. */
export class Setting {
  readonly #scenes: Readonly<Record<StoreName, Scene>>;
  readonly #ports: Ports;
  readonly #before: Record<StoreName, readonly string[]> = { plain: [], odd: [] };

  /** `command`: a program to be asked instead of the sources here, and the folder that it is in. */
  static async open(command?: { readonly argv: readonly string[]; readonly file: string }): Promise<Setting> {
    const [plain, odd, none] = (await freePorts(3)) as [number, number, number];
    const setting = new Setting({ plain: [plain, none], odd: [odd, none] }, command?.argv);
    for (const name of ["plain", "odd"] as const) await setting.#prepare(name, command?.file);
    return setting;
  }

  /** The original waits for minutes where nothing can come; what does so is no line for here. */
  readonly #patience: () => AbortSignal | undefined;

  private constructor(ports: Ports, argv: readonly string[] | undefined) {
    this.#ports = ports;
    this.#patience = () => (argv === undefined ? undefined : AbortSignal.timeout(10_000));
    this.#scenes = { plain: new Scene(argv), odd: new Scene(argv) };
  }

  async #prepare(name: StoreName, program: string | undefined): Promise<void> {
    const scene = this.#scenes[name];
    // A computer with ssh and without sshfs and rsync.
    mkdirSync(join(scene.home, ".tools"));
    for (const tool of tools) symlinkSync(`/usr/bin/${tool}`, join(scene.home, ".tools", tool));
    if (program !== undefined) symlinkSync(program, join(scene.home, ".tools", "docker-machine"));
    for (const args of made[name]) {
      const said = await this.#ask(name, args);
      if (said.code !== 0) throw new Error(`${args.join(" ")}: ${said.stderr}`);
    }
    const machine = name === "plain" ? "m1" : "default";
    if (program !== undefined) signServer(scene.store, machine);
    const listen = `127.0.0.1:${this.#ports[name][0]}`;
    await scene.prepare({ op: "docker-tls", machine, listen, version: "18.09.0" });
    if (name === "odd") breakSome(scene.store, this.#ports.odd[1]);
    cpSync(scene.store, join(scene.home, ".before"), { recursive: true });
    this.#before[name] = this.#machines(name);
  }

  /** Ask it once; the store is as it was before, afterwards. */
  async run({ store, args, env = {}, stdin = "" }: Line): Promise<Answer> {
    const said = await this.#ask(store, args, env, stdin);
    const { home, store: folder } = this.#scenes[store];
    rmSync(join(home, "nowhere"), { recursive: true, force: true });
    if (!args.some((word) => changing.has(word))) return said;
    const machines = this.#machines(store);
    rmSync(folder, { recursive: true, force: true });
    cpSync(join(home, ".before"), folder, { recursive: true });
    return String(machines) === String(this.#before[store]) ? said : { ...said, machines };
  }

  async close(): Promise<void> {
    await Promise.all(Object.values(this.#scenes).map((scene) => scene.close()));
  }

  #machines(name: StoreName): string[] {
    const entries = readdirSync(join(this.#scenes[name].store, "machines")).sort();
    return entries.filter((entry) => !entry.startsWith("."));
  }

  async #ask(name: StoreName, args: readonly string[], env: Line["env"] = {}, stdin = ""): Promise<Said> {
    const scene = this.#scenes[name];
    const here = (text: string) => this.#swapped(name, text, "here");
    const variables = Object.entries(env).map(([key, value]) => [key, here(value)]);
    const all = { PATH: join(scene.home, ".tools"), ...Object.fromEntries(variables) };
    const said = await scene.run(args.map(here), all, stdin, this.#patience());
    const there = (text: string) => this.#swapped(name, text, "there");
    return { code: said.code, stdout: there(said.stdout), stderr: there(said.stderr) };
  }

  /** Places and ports as they are here, or as they are written down. */
  #swapped(name: StoreName, text: string, to: "here" | "there"): string {
    const { home, store } = this.#scenes[name];
    const [own, none] = this.#ports[name].map(String) as [string, string];
    const pairs = [
      ["<STORE>", store],
      ["<HOME>", home],
      ["2376", own],
      ["2399", none],
    ] as const;
    return pairs.reduce(
      (left, [written, real]) => (to === "here" ? left.replaceAll(written, real) : left.replaceAll(real, written)),
      text,
    );
  }
}

/** The original makes certificates over SSH, which a machine that is known by its URL alone has none of. */
function signServer(store: string, machine: string): void {
  const [certs, folder] = [join(store, "certs"), join(store, "machines", machine)];
  for (const name of ["ca.pem", "cert.pem", "key.pem"]) cpSync(join(certs, name), join(folder, name));
  const [key, request, extensions] = ["server-key.pem", "server.csr", "server.ext"].map((name) =>
    join(folder, name),
  ) as [string, string, string];
  writeFileSync(extensions, "subjectAltName=IP:127.0.0.1,DNS:localhost\nextendedKeyUsage=serverAuth\n");
  const openssl = (...args: string[]) => execFileSync("openssl", args, { stdio: "ignore" });
  openssl("req", "-newkey", "rsa:2048", "-nodes", "-keyout", key, "-subj", `/O=user.${machine}`, "-out", request);
  const ca = ["-CA", join(certs, "ca.pem"), "-CAkey", join(certs, "ca-key.pem"), "-set_serial", "7", "-days", "1080"];
  openssl("x509", "-req", "-in", request, ...ca, "-extfile", extensions, "-out", join(folder, "server.pem"));
  for (const path of [request, extensions]) rmSync(path);
}

/** A host that is gone, a driver that nobody has, and files that nobody can read, beside a machine as it should be. */
function breakSome(store: string, closedPort: number): void {
  const folderOf = (name: string) => join(store, "machines", name);
  const text = readFileSync(join(folderOf("default"), "config.json"), "utf8");
  const config = JSON.parse(text) as { readonly Driver: object };
  const put = (name: string, content: string) => {
    mkdirSync(folderOf(name), { mode: 0o700 });
    writeFileSync(join(folderOf(name), "config.json"), content.replaceAll("machines/default", `machines/${name}`));
  };
  const { SwarmMaster, SwarmHost, SwarmDiscovery } = config.Driver as Record<string, unknown>;
  const gone = {
    ...{ IPAddress: "127.0.0.1", MachineName: "gone", SSHUser: "root", SSHPort: closedPort },
    ...{ SSHKeyPath: join(folderOf("gone"), "id_rsa"), StorePath: store, SwarmMaster, SwarmHost, SwarmDiscovery },
    ...{ EnginePort: 2377, SSHKey: "" },
  };
  const as = (name: string, more: object) => put(name, JSON.stringify({ ...config, ...more, Name: name }, null, 4));
  as("gone", { Driver: gone, DriverName: "generic" });
  as("plug", { Driver: { MachineName: "plug", Token: "t" }, DriverName: "acme" });
  put("broken", "{");
  mkdirSync(folderOf("empty"));
  mkdirSync(folderOf(".hidden"));
}
