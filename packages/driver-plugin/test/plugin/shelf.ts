/**
 * A driver of docker-machine's sort, in a process of its own: its cloud is a folder, a machine a file in it. How it behaves is
 * an option, as are the ways in which it breaks. shelf/shelf.go is the same as such drivers are really written: on libmachine.
 */
import { existsSync, mkdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import {
  anything,
  Boxed,
  bool,
  bytes,
  type GobRecord,
  int,
  nothing,
  type RpcMethod,
  serveRpc,
  slice,
  string,
  struct,
} from "@machinist/go-rpc";

interface Config {
  MachineName: string;
  StorePath: string;
  Folder: string;
  Token: string;
  Manner: string;
  Size: number;
  Id: string;
  Labels: string[];
  IPAddress: string;
  SSHUser: string;
  SSHKeyPath: string;
  SSHPort: number;
  SSHPassword: string;
  Userdata: string;
  Account?: { readonly ApiKey: string };
}

const heartbeatMs = 10_000;
const config: Config = {
  ...{ MachineName: "", StorePath: "", Folder: "", Token: "", Manner: "", Size: 1, Id: "", Labels: [] },
  ...{ IPAddress: "", SSHUser: "", SSHKeyPath: "", SSHPort: 0, SSHPassword: "", Userdata: "" },
};

const flagTypes = {
  StringFlag: struct("StringFlag", { Name: string, Usage: string, EnvVar: string, Value: string }),
  IntFlag: struct("IntFlag", { Name: string, Usage: string, EnvVar: string, Value: int }),
  BoolFlag: struct("BoolFlag", { Name: string, Usage: string, EnvVar: string }),
  StringSliceFlag: struct("StringSliceFlag", { Name: string, Usage: string, EnvVar: string, Value: slice(string) }),
};
const flag = (type: keyof typeof flagTypes, record: GobRecord) =>
  new Boxed(`*mcnflag.${type}`, flagTypes[type], record);

const flags = [
  flag("StringFlag", { Name: "shelf-folder", Usage: "Where the machines are", EnvVar: "SHELF_FOLDER" }),
  flag("StringFlag", { Name: "shelf-token", Usage: "Who may put machines there", EnvVar: "SHELF_TOKEN" }),
  flag("StringFlag", { Name: "shelf-manner", Usage: "How it behaves", Value: "good" }),
  flag("IntFlag", { Name: "shelf-size", Usage: "How large", Value: 1 }),
  flag("BoolFlag", { Name: "shelf-glossy", Usage: "Whether it shines" }),
  flag("StringSliceFlag", { Name: "labels", Usage: "Words on it" }),
  flag("StringFlag", { Name: "shelf-host", Usage: "Whose SSH stands for the machine's", Value: "127.0.0.1" }),
  flag("IntFlag", { Name: "shelf-port", Usage: "Its port", Value: 2222 }),
  flag("StringFlag", { Name: "shelf-user", Usage: "Who logs in", Value: "shelf" }),
  flag("StringFlag", { Name: "shelf-key-path", Usage: "With which key" }),
  flag("StringFlag", { Name: "shelf-ssh-password", Usage: "The image's password", Value: "tcuser" }),
  flag("StringFlag", { Name: "shelf-userdata", Usage: "Path of a file for its first boot" }),
];

const path = () => join(config.Folder, `${config.Id}.json`);
const inFolder = (file: string) => join(config.StorePath, "machines", config.MachineName, file);
const keyPath = () => {
  config.SSHKeyPath ||= inFolder("id_rsa");
  return config.SSHKeyPath;
};
const machine = (): { state: number } => {
  if (process.env.SHELF_DOWN) throw new Error("dial tcp: lookup shelf.test: no such host");
  if (config.Token !== "" && config.Token !== "sesame") throw new Error("401 unauthorized");
  if (config.Id === "") throw new Error("the machine has no id yet");
  try {
    const found = JSON.parse(readFileSync(path(), "utf8")) as { state: number; after?: number };
    // Until then it is on its way there: 6 starts, 5 stops.
    return (found.after ?? 0) > Date.now() ? { state: found.state === 1 ? 6 : 5 } : found;
  } catch {
    if (config.Manner === "tells that it is gone") throw new Error(`server ${config.Id} not found`);
    return { state: config.Manner === "lingers" ? 1 : 0 };
  }
};
const textOf = (file: string) => (existsSync(file) ? readFileSync(file, "utf8") : "");
const put = (state: number) =>
  writeFileSync(
    path(),
    JSON.stringify({
      ...{ state, name: config.MachineName, size: config.Size, key: textOf(`${keyPath()}.pub`) },
      ...(config.Manner === "takes its time" ? { after: Date.now() + 400 } : {}),
    }),
  );

/** As libmachine does: its folder must be there, and a key that is there is kept. */
function makeKey(): void {
  if (config.SSHKeyPath !== "") return;
  const key = keyPath();
  if (!existsSync(key)) {
    writeFileSync(key, "a key", { mode: 0o600 });
    writeFileSync(`${key}.pub`, `ssh-rsa ${process.pid}\n`, { mode: 0o600 });
  }
  readFileSync(`${key}.pub`);
}

/** As libmachine keeps images: in a folder that it makes itself, in one that must be there. */
function check(): void {
  if (config.Token === "") throw new Error("shelf needs --shelf-token");
  statSync(join(config.StorePath, "certs"));
  const cache = join(config.StorePath, "cache");
  if (!existsSync(cache)) mkdirSync(cache);
  writeFileSync(join(cache, "shelf.img"), "an image");
}

async function create(): Promise<void> {
  if (config.Manner === "panics")
    throw new Error("Panic in the driver: nil pointer\ngoroutine 1 [running]:\n\tmain.go:1");
  if (config.Manner === "dies early") process.kill(process.pid, "SIGKILL");
  if (config.Manner === "reads its config") readFileSync(inFolder("config.json"));
  makeKey();
  console.log("(shelf) Putting it there...");
  config.Id = `${config.MachineName}-${process.pid}`;
  mkdirSync(config.Folder, { recursive: true });
  put(6);
  if (config.Manner === "floods")
    for (let line = 0; line < 20_000; line++) process.stderr.write(`${"x".repeat(1000)}\n`);
  if (config.Manner === "one endless line")
    for (let part = 0; part < 2000; part++) process.stderr.write("y".repeat(10_000));
  await pause(config.Manner === "slow" || config.Manner === "dies late" ? 800 : 20);
  if (config.Manner === "dies late") process.kill(process.pid, "SIGKILL");
  if (config.Manner === "hangs") await new Promise(() => {});
  put(1);
}

function remove(): void {
  machine();
  try {
    rmSync(path());
  } catch {
    throw new Error("machine not found");
  }
  if (config.Manner === "clears its folder") rmSync(inFolder("."), { recursive: true, force: true });
}

function start(): void {
  if (config.Manner === "moves") config.IPAddress = "127.0.0.2";
  put(1);
}

const refuse = (words: string) => {
  throw new Error(words);
};

const methods: { readonly [name: string]: () => unknown } = {
  GetVersion: () => (config.Manner === "old" ? 0 : Number(process.env.SHELF_VERSION ?? 1)),
  DriverName: () => "shelf",
  GetCreateFlags: () => flags,
  GetMachineName: () => config.MachineName,
  GetConfigRaw: () => Buffer.from(JSON.stringify(config)),
  GetState: () => machine().state,
  GetIP: () => (machine().state === 1 ? config.IPAddress : refuse("Host is not running")),
  GetURL: () => (machine().state === 1 ? `tcp://${config.IPAddress}:2376` : refuse("Host is not running")),
  GetSSHHostname: () => (machine().state === 1 ? config.IPAddress : refuse("Host is not running")),
  GetSSHKeyPath: keyPath,
  GetSSHPort: () => config.SSHPort,
  GetSSHUsername: () => config.SSHUser,
  PreCreateCheck: check,
  Create: create,
  Start: start,
  Stop: () => put(4),
  Restart: () => put(1),
  Kill: () => put(4),
  Remove: remove,
  Heartbeat: () => {},
  Close: () => void setTimeout(() => process.exit(0), 20),
};

const answer = (value: unknown) => {
  if (Array.isArray(value)) return { type: slice(anything), value };
  if (value instanceof Uint8Array) return { type: bytes, value };
  if (typeof value === "number") return { type: int, value };
  if (typeof value === "string") return { type: string, value };
  if (typeof value === "boolean") return { type: bool, value };
  return { type: nothing, value: {} };
};

let last = Date.now();
const served: Record<string, RpcMethod> = {};
for (const [name, work] of Object.entries(methods))
  served[`RPCServerDriver.${name}`] = async () => {
    last = Date.now();
    return answer(await work());
  };
served["RPCServerDriver.SetConfigRaw"] = async (argument) => {
  Object.assign(config, JSON.parse(Buffer.from(argument as Uint8Array).toString("utf8")));
  return answer({});
};
served["RPCServerDriver.SetConfigFromFlags"] = async (argument) => {
  const { Values } = (argument as Boxed).value as unknown as { Values: ReadonlyMap<string, Boxed> };
  const value = (name: string) => Values.get(name)!.value;
  Object.assign(config, {
    ...{ Folder: value("shelf-folder"), Manner: value("shelf-manner"), Token: value("shelf-token") },
    ...{ Size: value("shelf-size"), Labels: value("labels"), IPAddress: value("shelf-host") },
    ...{ SSHUser: value("shelf-user"), SSHKeyPath: value("shelf-key-path"), SSHPort: value("shelf-port") },
    ...{ SSHPassword: value("shelf-ssh-password"), Userdata: value("shelf-userdata") },
  });
  if (config.Size < 1) throw new Error("--shelf-size must be 1 or more");
  const all = Object.fromEntries([...Values].map(([name, { value }]) => [name, value]));
  if (process.env.SHELF_VALUES) writeFileSync(process.env.SHELF_VALUES, JSON.stringify({ Values: all }));
  return answer({});
};

if (process.env.MACHINE_PLUGIN_TOKEN !== "42" || process.env.SHELF_MUTE) {
  process.stderr.write("This is a Docker Machine plugin binary.\n");
  process.exit(1);
}
if (process.env.SHELF_RUBBISH) console.log("Welcome to the shelf!");
const { port } = await serveRpc({ methods: served });
console.log(`127.0.0.1:${port}`);
setInterval(() => {
  if (Date.now() - last > heartbeatMs) process.exit(1);
}, 1000);
