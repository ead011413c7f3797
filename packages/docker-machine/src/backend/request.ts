import { join } from "node:path";
import type { EngineSpec } from "@machinist/core";
import { type HostOptions, zeroAuth, zeroEngine, zeroSwarm } from "@machinist/machine-config";
import { dockerdFlags, dockerFields, withMore } from "@machinist/options";
import { CliError } from "../cli-error.ts";
import { type Call, list, text, yes } from "../command.ts";

/** The flags as what machinist sets Docker up with. */
export function engineOf(call: Call): EngineSpec {
  const options = dockerdFlags(
    list(call, "engine-opt"),
    (sentence) => new CliError(`Error creating machine: --engine-opt ${sentence}`),
  );
  // The script that docker-machine runs by default is only run where somebody asks for one.
  const asked = call.given.has("engine-install-url") || Boolean(call.io.env.MACHINE_DOCKER_INSTALL_URL);
  return withMore(options, {
    ...(asked ? { install: text(call, "engine-install-url") } : {}),
    ...Object.fromEntries(flagged.flatMap((option) => given(option, call))),
    sans: list(call, "tls-san"),
  });
}

/** Docker's options that docker-machine has a flag for. Our `create` calls them so, too. */
const flagged = dockerFields.flatMap(({ create, config, ...option }) =>
  create && config ? [{ ...option, flag: create.flag, config }] : [],
);

function given({ flag, field, type }: (typeof flagged)[number], call: Call): [string, unknown][] {
  if (type === "text") return text(call, flag) === "" ? [] : [[field, text(call, flag)]];
  return [[field, type === "pairs" ? pairs(list(call, flag)) : list(call, flag)]];
}

function pairs(texts: readonly string[]): Record<string, string> {
  return Object.fromEntries(
    texts.map((text) => {
      const at = text.indexOf("=");
      return at < 0 ? [text, ""] : [text.slice(0, at), text.slice(at + 1)];
    }),
  );
}

/** The flags as docker-machine keeps them in config.json. */
export function hostOptionsOf(call: Call, name: string): HostOptions {
  const certs = join(call.storePath, "certs");
  const folder = join(call.storePath, "machines", name);
  const swarm = yes(call, "swarm");
  const master = yes(call, "swarm-master");
  return {
    Driver: "",
    Memory: 0,
    Disk: 0,
    EngineOptions: {
      ...zeroEngine,
      ArbitraryFlags: list(call, "engine-opt"),
      ...Object.fromEntries(
        flagged.map(({ flag, config, type }) => [config, type === "text" ? text(call, flag) : list(call, flag)]),
      ),
      TlsVerify: true,
      InstallURL: text(call, "engine-install-url"),
    },
    SwarmOptions: {
      ...zeroSwarm,
      IsSwarm: swarm || master,
      Image: text(call, "swarm-image"),
      Agent: swarm,
      Master: master,
      Discovery: text(call, "swarm-discovery"),
      Address: text(call, "swarm-addr"),
      // The API of Docker's own Swarm is the engine's.
      Host: isOurs(call) && (swarm || master) ? `tcp://0.0.0.0:${enginePort}` : text(call, "swarm-host"),
      Strategy: text(call, "swarm-strategy"),
      ArbitraryFlags: list(call, "swarm-opt"),
      ArbitraryJoinFlags: list(call, "swarm-join-opt"),
      IsExperimental: yes(call, "swarm-experimental"),
    },
    AuthOptions: {
      ...zeroAuth,
      CertDir: certs,
      // What flags named lies here by now.
      CaCertPath: join(certs, "ca.pem"),
      CaPrivateKeyPath: join(certs, "ca-key.pem"),
      ClientCertPath: join(certs, "cert.pem"),
      ClientKeyPath: join(certs, "key.pem"),
      ServerCertPath: join(folder, "server.pem"),
      ServerKeyPath: join(folder, "server-key.pem"),
      ServerCertSANs: list(call, "tls-san"),
      StorePath: folder,
    },
  };
}

const enginePort = 2376;

/** Of an engine that is somebody else's no Swarm is formed. */
const isOurs = (call: Call): boolean => text(call, "driver") !== "none";
