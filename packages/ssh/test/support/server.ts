import { spawn } from "node:child_process";
import { connect, createServer, type Socket } from "node:net";
import ssh2, { type Connection, type ServerChannel } from "ssh2";
import { makeKeyPair } from "../../src/index.ts";

/** What the server does with its next TCP connections. */
export type Manner = "serve" | "hang up" | "stay silent";

export interface TestServer {
  readonly port: number;
  /** Public key lines of its host keys. */
  readonly hostKeys: readonly string[];
  /** TCP connections so far. */
  connections: number;
  /** Programs asked for so far, as words for sh. */
  readonly commands: string[];
  manner: Manner;
  /** Cuts every connection without a word. */
  cut(): void;
  /** Reads nothing more from the connections there are. */
  freeze(): void;
  stop(): Promise<void>;
}

export interface ServerOptions {
  readonly hostKeys?: readonly { readonly private: string; readonly public: string }[];
  /** Public key lines that may log in. */
  readonly authorized?: readonly string[];
  /** Answers programs instead of a real /bin/sh; `line` is what came over the wire. */
  readonly onExec?: (command: string, channel: ServerChannel, line: string) => void;
  /** With `onExec`: whether it answers in the program's place, as if that had been started, or in the login shell's. Default: the program's. */
  readonly starts?: boolean;
  readonly port?: number;
  /** Told before the client is. */
  readonly onLogin?: () => void;
}

export async function hostKey(type: "ed25519" | "ecdsa" = "ed25519") {
  if (type === "ecdsa") return ssh2.utils.generateKeyPairSync("ecdsa", { bits: 256 });
  const pair = await makeKeyPair("");
  return { private: pair.privateKey, public: pair.publicKey };
}

/** An SSH server on a free loopback port that runs programs in a real shell. */
export async function startServer(options: ServerOptions = {}): Promise<TestServer> {
  const keys = options.hostKeys ?? [await hostKey()];
  const sockets = new Set<Socket>();
  const server = new ssh2.Server({ hostKeys: keys.map((key) => key.private) }, (client) => {
    client.on("error", () => {});
    letIn(client, options.authorized ?? []);
    client.on("ready", () => {
      options.onLogin?.();
      serve(
        client,
        state.commands,
        options.onExec ?? runInShell,
        options.onExec !== undefined && options.starts !== false,
      );
    });
  });
  const front = createServer({ noDelay: true }, (socket) => {
    state.connections++;
    sockets.add(socket.on("error", () => {}).once("close", () => sockets.delete(socket)));
    if (state.manner === "hang up") socket.destroy();
    if (state.manner === "serve") server.injectSocket(socket);
  });
  await new Promise<void>((resolve) => front.listen(options.port ?? 0, "127.0.0.1", resolve));
  const cut = () => {
    for (const socket of sockets) socket.resetAndDestroy();
  };
  const state: TestServer = {
    port: (front.address() as { port: number }).port,
    hostKeys: keys.map((key) => key.public),
    connections: 0,
    commands: [],
    manner: "serve",
    cut,
    freeze() {
      for (const socket of sockets) socket.pause().removeAllListeners("data");
    },
    stop() {
      cut();
      return new Promise((resolve) => front.close(() => resolve()));
    },
  };
  return state;
}

function letIn(client: Connection, authorized: readonly string[]): void {
  const allowed = authorized.map((line) => Buffer.from(line.split(" ")[1]!, "base64"));
  client.on("authentication", (context) => {
    if (context.method !== "publickey") return context.reject(["publickey"]);
    const known = allowed.find((blob) => blob.equals(context.key.data));
    if (known === undefined) return context.reject(["publickey"]);
    if (context.signature === undefined || context.blob === undefined) return context.accept();
    const key = ssh2.utils.parseKey(`ssh-ed25519 ${known.toString("base64")}`);
    if (key instanceof Error || key.verify(context.blob, context.signature, context.hashAlgo) !== true)
      return context.reject();
    context.accept();
  });
}

function serve(
  client: Connection,
  commands: string[],
  onExec: (command: string, channel: ServerChannel, line: string) => void,
  start: boolean,
): void {
  client.on("session", (accept) => {
    accept().on("exec", (allow, _refuse, { command: line }) => {
      const { id, command } = decode(line);
      commands.push(command);
      const channel = allow().on("error", () => {});
      if (start) channel.write(`${id}\n`);
      onExec(command, channel, line);
    });
  });
  client.on("tcpip", (accept, refuse, { destIP, destPort }) => {
    const socket = connect({ host: destIP, port: destPort });
    socket.once("error", () => refuse());
    socket.once("connect", () => {
      const channel = accept();
      socket
        .on("error", () => {})
        .pipe(channel)
        .on("error", () => {})
        .pipe(socket);
    });
  });
}

/** What a line of ours is for, and what its shell says first; other lines are as they came. */
function decode(line: string): { readonly id: string; readonly command: string } {
  const script = Buffer.from(/ sh '([\w+/=]+)'$/.exec(line)?.[1] ?? "", "base64").toString();
  const [, id = "", command = line] = /; echo (\w+); exec (.*)$/s.exec(script) ?? [];
  return { id, command };
}

function runInShell(_command: string, channel: ServerChannel, line: string): void {
  const child = spawn("/bin/sh", ["-c", line]);
  child.stdin.on("error", () => {});
  channel.pipe(child.stdin);
  child.stdout.pipe(channel, { end: false });
  child.stderr.pipe(channel.stderr, { end: false });
  child.once("close", (code, signal) => {
    if (signal === null) channel.exit(code ?? 0);
    else channel.exit(signal.replace("SIG", ""));
    channel.end();
  });
}
