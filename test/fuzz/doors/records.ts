import type { Driver, States } from "@machinist/core";
import { newRecord, parseRecord } from "@machinist/core";
import { knownReach } from "../../../packages/fleet/src/reach.ts";
import { inspected } from "../../../packages/fleet/src/transfer/inspect.ts";
import { isUnfinished, resumeCommand } from "../../../packages/fleet/src/unfinished.ts";
import { isConfigError, readConfig } from "../../../packages/machine-config/src/index.ts";
import type { Door } from "../door.ts";
import { mutatedJson } from "../mutate.ts";

const intent = {
  driver: "simulated",
  options: { size: "small", ports: [1, 2] },
  engine: { labels: { a: "b" }, port: 2376 },
  createdAt: 1,
};
const endpoint = {
  ...{ host: "192.0.2.7", port: 22, user: "root", hostKeys: ["ssh-ed25519 AAAA"], jump: ["root@box:22"] },
  ...{ keyPath: "/k", privateHost: "10.0.0.1", forwards: { "2376": 40_000 }, fingerprint: `SHA256:${"A".repeat(43)}` },
};
const saved = (id: string, kind: string, state: object) => ({
  ...{
    id,
    kind,
    props: { a: 1, options: { b: [true] } },
    parents: [],
    generation: 1,
    intentAt: 1,
    status: "created",
    state,
  },
});
const record = {
  ...newRecord("web", "demo", intent as never, ["@demo/network"]),
  lastGeneration: 3,
  resources: {
    "web/instance": saved("web/instance", "simulated.machine", {
      id: "i-1",
      endpoint,
      engineUrl: "tcp://192.0.2.7:2376",
    }),
    "web/engine": saved("web/engine", "docker.engine", { url: "tcp://192.0.2.7:2376", certExpires: "2030-01-01" }),
  },
};

/** Tells what the record says of how the machine is reached, as drivers do. */
const telling = {
  name: "simulated",
  endpoint: (machine: string, states: States) => states[`${machine}/instance`]?.endpoint,
  engineUrl: (machine: string, states: States) => states[`${machine}/instance`]?.engineUrl,
} as unknown as Driver;

export const records: Door = {
  name: "records",
  part: 14,
  input: (random) => mutatedJson(record, random),
  take(input) {
    const read = parseRecord(input as string, "web", "record.json");
    const states = Object.fromEntries(
      Object.values(read.resources).flatMap(({ id, state }) => (state ? [[id, state]] : [])),
    );
    knownReach(telling, "web", states);
    if (isUnfinished(read)) resumeCommand(read);
    return JSON.stringify(read, undefined, 2);
  },
};

const bundle = {
  ...{
    machinist: "machines",
    version: 1,
    exportedAt: "2026-01-01",
    storePath: "/home/a/.docker/machine",
    images: { odd: "a/b" },
  },
  scopes: [
    {
      record,
      files: [
        { path: "id_ed25519", data: "AAAA" },
        { path: "keys/x.pem", data: "" },
      ],
    },
    { record: { ...newRecord("@demo", "demo"), lastGeneration: 0 }, files: [] },
  ],
};

export const imports: Door = {
  name: "imports",
  part: 10,
  input: (random) => mutatedJson(bundle, random),
  take(input) {
    const text = input as string;
    let value: unknown;
    try {
      value = JSON.parse(text);
    } catch {
      return; // Told by whoever unpacks the file.
    }
    return inspected(value);
  },
};

const config = {
  ConfigVersion: 3,
  Driver: {
    IPAddress: "192.0.2.7",
    MachineName: "web",
    SSHUser: "root",
    SSHPort: 22,
    SSHKeyPath: "/k",
    StorePath: "/s",
  },
  DriverName: "generic",
  HostOptions: {
    ...{ Driver: "", Memory: 0, Disk: 0 },
    EngineOptions: {
      ArbitraryFlags: [],
      Dns: null,
      Env: ["A=b"],
      InsecureRegistry: [],
      Labels: [],
      TlsVerify: true,
      InstallURL: "https://x",
    },
    SwarmOptions: {
      IsSwarm: false,
      Address: "",
      Discovery: "",
      Master: false,
      Host: "tcp://0.0.0.0:3376",
      ArbitraryFlags: [],
    },
    AuthOptions: { CertDir: "/c", CaCertPath: "/c/ca.pem", StorePath: "/s/machines/web", ServerCertSANs: [] },
  },
  Name: "web",
};

export const configs: Door = {
  name: "config.json",
  part: 8,
  input: (random) => mutatedJson(random.chance(0.2) ? { ...config, ConfigVersion: random.below(4) } : config, random),
  take: (input) => JSON.stringify(readConfig(input as string, "web", "/s")),
  isRefusal: isConfigError,
};
