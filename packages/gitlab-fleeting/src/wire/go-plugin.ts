import { chmod, mkdtemp, rmdir, unlink } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Server, ServerCredentials, type ServiceDefinition, type UntypedServiceImplementation } from "@grpc/grpc-js";
import { MachinistError } from "@machinist/core";
import { ownCertificate } from "./certificate.ts";
import { serviceOf } from "./services.ts";

type Env = Readonly<Record<string, string | undefined>>;

/** go-plugin's own protocol. */
const CORE_PROTOCOL = 1;
/** The name under which a host asks whether a plugin is well. */
const HEALTH_NAME = "plugin";
/** A plugin may be asked for as many machines as an account has. */
const MOST_BYTES = 64 * 2 ** 20;

/** Who started this process, as go-plugin's hosts tell their plugins. */
export interface PluginHost {
  /** The protocol version of the application to speak. */
  readonly version: number;
  /** PEM of the one certificate that is let in. Absent: the connection is not encrypted. */
  readonly clientCertificate?: string;
  /** Where the socket is to be. Default: a folder of its own. */
  readonly socketFolder?: string;
  /** Its line has a seventh field. */
  readonly saysMultiplexing: boolean;
}

/**
 * Throws `fleeting.no-host` where no host started this process. Each host names the versions that it speaks, and this plugin the
 * newest of them: by this it is known that a host asks, whichever its magic cookie is, which keeps only people from starting
 * plugins by accident.
 */
export function pluginHost(env: Env): PluginHost {
  const offered = (env.PLUGIN_PROTOCOL_VERSIONS ?? "").split(",").filter((each) => /^\d{1,9}$/.test(each));
  if (offered.length === 0)
    throw new MachinistError("fleeting.no-host", "This is a plugin, and no program that uses plugins started it", {
      hint: 'Name it in the config.toml of GitLab Runner: [runners.autoscaler] plugin = "fleeting-plugin-machinist"',
    });
  const { PLUGIN_CLIENT_CERT: clientCertificate, PLUGIN_UNIX_SOCKET_DIR: socketFolder } = env;
  return {
    version: Math.max(...offered.map(Number)),
    saysMultiplexing: Boolean(env.PLUGIN_MULTIPLEX_GRPC),
    ...(clientCertificate ? { clientCertificate } : {}),
    ...(socketFolder ? { socketFolder } : {}),
  };
}

export interface Service {
  readonly definition: ServiceDefinition;
  readonly methods: UntypedServiceImplementation;
}

export interface ServedPlugin {
  /** For standard output: where it is reached, and by which certificate it is known. */
  readonly line: string;
  /** When the host has said that it needs the plugin no more, or {@link close} was called. */
  readonly ended: Promise<void>;
  close(): Promise<void>;
}

/** Serve some services to the one host that started this process. */
export async function serveGoPlugin(host: PluginHost, services: readonly Service[]): Promise<ServedPlugin> {
  const server = new Server({
    "grpc.max_receive_message_length": MOST_BYTES,
    "grpc.max_send_message_length": MOST_BYTES,
  });
  let end = () => {};
  const asked = new Promise<void>((resolve) => {
    end = resolve;
  });
  for (const { definition, methods } of [...duties(() => end()), ...services]) server.addService(definition, methods);
  const own = host.clientCertificate === undefined ? undefined : ownCertificate();
  const credentials =
    own === undefined || host.clientCertificate === undefined
      ? ServerCredentials.createInsecure()
      : ServerCredentials.createSsl(
          Buffer.from(host.clientCertificate),
          [{ private_key: Buffer.from(own.key), cert_chain: Buffer.from(own.pem) }],
          true,
        );
  const place = await listen(server, credentials, host.socketFolder);
  // Base64 as Go calls it raw: without what fills it up.
  const certificate = own?.der.toString("base64").replace(/=+$/, "") ?? "";
  const multiplexing = host.saysMultiplexing ? ["false"] : [];
  let closing: Promise<void> | undefined;
  const close = () => {
    closing ??= (async () => {
      end();
      server.forceShutdown();
      await place.remove();
    })();
    return closing;
  };
  return {
    line: [CORE_PROTOCOL, host.version, place.network, place.address, "grpc", certificate, ...multiplexing].join("|"),
    ended: asked,
    close,
  };
}

/** What go-plugin asks of each plugin. */
function duties(end: () => void): Service[] {
  /** Nothing is ever said here: it is open for as long as its host wants. */
  const silent = (call: { on(event: string, listener: () => void): void; end(): void }) => {
    call.on("data", () => {});
    call.on("end", () => call.end());
    call.on("error", () => {});
  };
  return [
    { definition: serviceOf("plugin.GRPCBroker"), methods: { StartStream: silent } },
    { definition: serviceOf("plugin.GRPCStdio"), methods: { StreamStdio: silent } },
    {
      definition: serviceOf("plugin.GRPCController"),
      methods: {
        Shutdown: (_call: unknown, answer: (error: null, reply: object) => void) => {
          answer(null, {});
          // The answer goes out first.
          setTimeout(end, 20);
        },
      },
    },
    {
      definition: serviceOf("grpc.health.v1.Health"),
      methods: {
        Check: (
          { request }: { request: { service: string } },
          answer: (error: { code: number; details: string } | null, reply?: object) => void,
        ) =>
          [HEALTH_NAME, ""].includes(request.service)
            ? answer(null, { status: "SERVING" })
            : answer({ code: 5, details: `There is no service ${JSON.stringify(request.service)}` }),
      },
    },
  ];
}

interface ListeningPlace {
  readonly network: "unix" | "tcp";
  readonly address: string;
  remove(): Promise<void>;
}

/** On a socket that only this user reaches; where there are none, at a free port of loopback. */
async function listen(
  server: Server,
  credentials: ServerCredentials,
  given: string | undefined,
): Promise<ListeningPlace> {
  const bound = (target: string) =>
    new Promise<number>((resolve, reject) => {
      server.bindAsync(target, credentials, (problem, port) => (problem ? reject(problem) : resolve(port)));
    });
  if (process.platform === "win32")
    return { network: "tcp", address: `127.0.0.1:${await bound("127.0.0.1:0")}`, remove: async () => {} };
  const folder = await mkdtemp(join(given ?? shortFolder(), "fleeting-"));
  const address = join(folder, "plugin.sock");
  await chmod(folder, given === undefined ? 0o700 : 0o750);
  await bound(`unix:${address}`);
  const remove = async () => {
    // The server's own end may have removed it; see core on why a socket is not removed by `rm`.
    await unlink(address).catch(() => {});
    await rmdir(folder).catch(() => {});
  };
  return { network: "unix", address, remove };
}

/** Where the address of a socket fits, which holds 104 bytes or a few more, with a zero at the end. */
const shortFolder = (): string =>
  Buffer.byteLength(join(tmpdir(), "fleeting-123456", "plugin.sock")) < 104 ? tmpdir() : "/tmp";
