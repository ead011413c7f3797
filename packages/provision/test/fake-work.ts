import type { EngineSpec } from "@machinist/core";
import type { FakeHost } from "@machinist/testkit";
import { observe } from "../src/engine-state.ts";
import type { Facts, OsRelease } from "../src/host/facts.ts";
import { reach } from "../src/host/reach.ts";
import type { Work } from "../src/recipe/work.ts";
import { engineCall } from "./engine-call.ts";

/** Facts of a systemd host without Docker. */
export function bareFacts(os: OsRelease): Facts {
  return {
    os,
    arch: "x86_64",
    hostname: "bare",
    init: os.id === "alpine" ? "openrc" : "systemd",
    dockerd: undefined,
    binary: "",
    compose: false,
    cloudInit: false,
    containers: false,
    swarm: false,
    active: false,
    enabled: false,
    stale: false,
    exec: "",
    service: { exec: "", flags: [] },
    info: undefined,
    envDigest: undefined,
    envMode: undefined,
    keyDigest: undefined,
    keyMode: undefined,
    files: {},
  };
}

const unused = (): never => {
  throw new Error("not part of this test");
};

/** A run of the recipe on a fake host without Docker, for tests of single steps. */
export function fakeWork(host: FakeHost, spec: EngineSpec, os: OsRelease) {
  const call = engineCall("m1", spec);
  const facts = bareFacts(os);
  const work: Work = {
    call,
    props: call.props,
    machineDir: "/nowhere",
    dependencies: {
      hosts: { connect: async () => host },
      certificates: {
        ca: unused,
        handOut: async () => undefined,
        caCertificate: async () => undefined,
        client: unused,
        followClient: unused,
        renewClient: unused,
        newKey: unused,
        issueServer: unused,
        copyTo: unused,
        prepare: unused,
        keepServer: unused,
        isCopiedTo: async () => false,
        trusted: async () => undefined,
        rotation: undefined as never,
      },
      machineDir: () => "/nowhere",
      verify: unused,
    },
    reach: reach(host, call),
    serverKey: unused,
    renew: false,
    facts,
    state: observe(facts, host.endpoint, call.props.port, {
      ca: undefined,
      trusted: undefined,
      copied: false,
      keyDigest: undefined,
    }),
  };
  return { work, call };
}
