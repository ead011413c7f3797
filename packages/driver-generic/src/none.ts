import {
  type Data,
  type Driver,
  type DriverModule,
  MachinistError,
  type ResourceType,
  withoutUserInfo,
} from "@machinist/core";
import { goHost, goUrlProblem, quotedByGo } from "@machinist/values";

const engineId = (machine: string): string => `${machine}/engine-url`;

interface UrlProps extends Data {
  url: string;
}

/** An engine somebody else runs: we keep its URL and nothing more. */
const engineUrlKind: ResourceType<UrlProps, UrlProps> = {
  retainOnDelete: true,
  endpointProps: [],
  read: async ({ state }) => state,
  create: async ({ props }) => props,
  update: async ({ props }) => props,
  delete: async () => {},
};

/** Throws `options.invalid` unless it is `tcp://host:port` and nothing else. */
export function checkEngineUrl(given: string): void {
  const port = Number(/^tcp:\/\/(?:\[[0-9A-Fa-f:.]+\]|[A-Za-z0-9][A-Za-z0-9._-]*):(\d{1,5})\/?$/.exec(given)?.[1]);
  if (port >= 1 && port <= 65535) return;
  throw new MachinistError(
    "options.invalid",
    `Option url cannot be ${JSON.stringify(withoutUserInfo(given).slice(0, 80))}`,
    {
      hint: "Give host and port of a Docker engine, for example tcp://192.0.2.7:2376.",
    },
  );
}

const driver: Driver = {
  name: "none",
  resourceTypes: { "none.engine": engineUrlKind },
  check: async ({ hostOptions }, options) => {
    const url = String(options.url);
    if (hostOptions === undefined) return checkEngineUrl(url);
    const problem = goUrlProblem(url);
    if (problem !== undefined)
      throw new MachinistError("options.invalid", `parse ${quotedByGo(url)}: ${problem}`, {
        hint: "Give the URL of a Docker engine, for example tcp://192.0.2.7:2376.",
      });
  },
  plan: (machine, options) => [
    {
      id: engineId(machine.name),
      kind: "none.engine",
      // docker-machine keeps it as it was given.
      props: { url: machine.hostOptions ? String(options.url) : String(options.url).replace(/\/$/, "") },
      parents: [],
    },
  ],
  engineUrl: (machine, states) => {
    const url = states[engineId(machine)]?.url;
    return typeof url === "string" ? url : undefined;
  },
  status: async () => "running",
  dockerMachine: {
    // docker-machine takes the URL's address with its port for the machine's.
    write: (machine, _options, states) => {
      const url = states[engineId(machine)]?.url;
      const noSsh = { SSHUser: "", SSHPort: 0, SSHKeyPath: "" };
      return typeof url === "string" ? { ...noSsh, IPAddress: goHost(url), URL: url } : noSsh;
    },
    read: ({ URL: url }, machine) => {
      const props = { url: String(url ?? "") };
      return {
        options: props,
        resources: [{ id: engineId(machine), kind: "none.engine", props, parents: [], state: props }],
      };
    },
  },
};

/** An engine known only by its URL: no host, nothing to install, always taken to be running. */
export const none: DriverModule = {
  name: "none",
  description: "A Docker engine known only by its URL",
  options: {
    type: "object",
    additionalProperties: false,
    required: ["url"],
    properties: {
      url: {
        type: "string",
        description: "URL of the engine, tcp://host:port",
        format: "uri",
        "x-env": "NONE_URL",
        "x-flag": "url",
      },
    },
  },
  create: () => driver,
};
