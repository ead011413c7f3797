import { asMachinistError, MachinistError } from "@machinist/core";
import type { ConnectInfo, ConnectorConfig, Done, InstanceGroup } from "../group/contract.ts";
import type { Service } from "./go-plugin.ts";
import type { Log } from "./hclog.ts";
import { serviceOf } from "./services.ts";

/** gRPC's number for a failure that only its message tells of. */
const UNKNOWN = 2;

interface ConnectorMessage {
  readonly os: string;
  readonly arch: string;
  readonly protocol: string;
  readonly protocol_port: number;
  readonly username: string;
  readonly password: string;
  readonly key: Buffer;
  readonly use_static_credentials: boolean;
  readonly keepalive: number;
  readonly timeout: number;
}

const nothing: ConnectorMessage = {
  ...{ os: "", arch: "", protocol: "", protocol_port: 0, username: "", password: "", key: Buffer.alloc(0) },
  ...{ use_static_credentials: false, keepalive: 0, timeout: 0 },
};

type Call<T> = { readonly request: T };
type Answer = (error: { code: number; details: string } | null, reply?: object) => void;
type Method<T> = (call: Call<T>, answer: Answer) => void;

/** The service that the fleeting library's side calls, on a group. */
export function fleetingService(group: InstanceGroup, log: Log): Service {
  const method =
    <T>(name: string, work: (request: T) => Promise<object>): Method<T> =>
    ({ request }, answer) => {
      work(request).then(
        (reply) => answer(null, reply),
        (thrown) => {
          const error = asMachinistError(thrown);
          log("error", `${name}: ${error.message}`, { code: error.code, ...(error.hint ? { hint: error.hint } : {}) });
          answer({ code: UNKNOWN, details: sentence(error) });
        },
      );
    };
  const many = (name: string, work: (instances: readonly string[]) => Promise<Done<readonly string[]>>) =>
    method(name, async ({ instances }: { readonly instances: readonly string[] }) => {
      const { done, problem } = await work(instances);
      return { succeeded: done, error: problem ? sentence(problem) : "" };
    });
  return {
    definition: serviceOf("fleeting.InstanceGroup"),
    methods: {
      Init: method("Init", async (request: { config: Buffer; connector_config: ConnectorMessage | null }) => {
        const config = parsed(request.config.toString("utf8"));
        const info = await group.init(config, fromMessage(request.connector_config ?? nothing));
        const { id, maxSize, version, buildInfo, capabilities } = info;
        return { id, max_size: maxSize, version, build_info: buildInfo, capabilities };
      }),
      Update: method("Update", async () => ({
        instances: [...(await group.update())].map(([id, state]) => ({ id, state })),
      })),
      Increase: method("Increase", async ({ delta }: { delta: number }) => {
        const { done, problem } = await group.increase(delta);
        return { succeeded: done, error: problem ? sentence(problem) : "" };
      }),
      Decrease: many("Decrease", (instances) => group.decrease(instances)),
      Suspend: many("Suspend", (instances) => group.suspend(instances)),
      Resume: many("Resume", (instances) => group.resume(instances)),
      ConnectInfo: method("ConnectInfo", async ({ instance }: { instance: string }) =>
        toMessage(await group.connectInfo(instance)),
      ),
      Heartbeat: method("Heartbeat", async ({ instance }: { instance: string }) => {
        await group.heartbeat(instance);
        return {};
      }),
      Shutdown: method("Shutdown", async () => {
        await group.shutdown();
        return {};
      }),
    },
  };
}

/** What is told to whoever reads the runner's log. */
const sentence = ({ message, hint }: MachinistError): string => (hint === undefined ? message : `${message}. ${hint}`);

function parsed(text: string): unknown {
  try {
    return JSON.parse(text === "" ? "{}" : text);
  } catch (cause) {
    throw new MachinistError("fleeting.config", "What stands under plugin_config came as something else than JSON", {
      hint: "GitLab Runner and this plugin do not fit together: see which version of the runner it is made for",
      cause,
    });
  }
}

const fromMessage = (message: ConnectorMessage): ConnectorConfig => ({
  os: message.os,
  arch: message.arch,
  protocol: message.protocol,
  protocolPort: message.protocol_port,
  username: message.username,
  password: message.password,
  key: message.key.toString("utf8"),
  useStaticCredentials: message.use_static_credentials,
  keepalive: message.keepalive,
  timeout: message.timeout,
});

const toMessage = ({ id, externalAddress, internalAddress, expires, ...config }: ConnectInfo) => ({
  connector_config: {
    os: config.os,
    arch: config.arch,
    protocol: config.protocol,
    protocol_port: config.protocolPort,
    username: config.username,
    password: config.password,
    key: Buffer.from(config.key),
    use_static_credentials: config.useStaticCredentials,
    keepalive: config.keepalive,
    timeout: config.timeout,
  },
  id,
  external_addr: externalAddress,
  internal_addr: internalAddress,
  expires: expires === undefined ? "" : new Date(expires).toISOString(),
});
