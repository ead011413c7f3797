import { spawn } from "node:child_process";
import type { Socket } from "node:net";
import ssh2, { type ServerChannel } from "ssh2";

export interface StubSshServer {
  readonly port: number;
  /** Its public host key, `TYPE BASE64`. */
  readonly hostKey: string;
  close(): Promise<void>;
}

export interface StubSshOptions {
  /** Run what is requested in this computer's own shell. Default: nothing is run. */
  readonly runs?: boolean;
}

/** An SSH server on a free loopback port that lets in whoever shows a key. */
export async function startStubSshServer({ runs = false }: StubSshOptions = {}): Promise<StubSshServer> {
  const keys = ssh2.utils.generateKeyPairSync("ecdsa", { bits: 256 });
  const sockets = new Set<Socket>();
  const server = new ssh2.Server({ hostKeys: [keys.private] }, (client) => {
    client.on("error", () => {});
    client.on("authentication", (context) =>
      context.method === "publickey" ? context.accept() : context.reject(["publickey"]),
    );
    client.on("session", (accept, refuse) => {
      if (runs) accept().on("exec", (allow, _refuse, { command }) => runInShell(command, allow()));
      else refuse();
    });
  });
  // ssh2's server has no list of its connections, and would not close before they do.
  (server as unknown as { _srv: { on(event: "connection", seen: (socket: Socket) => void): void } })._srv.on(
    "connection",
    (socket) => void sockets.add(socket.once("close", () => sockets.delete(socket))),
  );
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", () => resolve()));
  return {
    port: (server.address() as { port: number }).port,
    hostKey: keys.public.split(" ").slice(0, 2).join(" "),
    close: () => {
      for (const socket of sockets) socket.destroy();
      return new Promise((resolve) => server.close(() => resolve()));
    },
  };
}

function runInShell(command: string, channel: ServerChannel): void {
  const child = spawn("/bin/sh", ["-c", command]);
  child.stdin.on("error", () => {});
  channel.on("error", () => {}).pipe(child.stdin);
  child.stdout.pipe(channel, { end: false });
  child.stderr.pipe(channel.stderr, { end: false });
  child.once("close", (code) => {
    channel.exit(code ?? 255);
    channel.end();
  });
}
