import type { Data, Json } from "@machinist/core";
import { dockerFields } from "@machinist/options";

/**
 * The flags of docker-machine's `create` that every driver gets beside its own, as they were given or by default: drivers look
 * for them, and some complain where one is missing. Lists that nobody gave are left out.
 */
export function sharedFlags(hostOptions: Data | undefined): Readonly<Record<string, string | boolean | string[]>> {
  const { EngineOptions, SwarmOptions, AuthOptions } = hostOptions ?? {};
  const [engine, swarm, auth] = [EngineOptions, SwarmOptions, AuthOptions].map(dataOf) as [Data, Data, Data];
  const lists = {
    ...own(
      (type) => type !== "text",
      (config) => engine[config],
    ),
    "engine-opt": engine.ArbitraryFlags,
    "swarm-join-opt": swarm.ArbitraryJoinFlags,
    "swarm-opt": swarm.ArbitraryFlags,
    "tls-san": auth.ServerCertSANs,
  };
  return {
    "engine-install-url": text(engine.InstallURL, "https://get.docker.com"),
    ...own(
      (type) => type === "text",
      (config) => text(engine[config], ""),
    ),
    swarm: swarm.Agent === true,
    "swarm-addr": text(swarm.Address, ""),
    "swarm-discovery": text(swarm.Discovery, ""),
    "swarm-experimental": swarm.IsExperimental === true,
    "swarm-host": text(swarm.Host, "tcp://0.0.0.0:3376"),
    "swarm-image": text(swarm.Image, "swarm:latest"),
    "swarm-master": swarm.Master === true,
    "swarm-strategy": text(swarm.Strategy, "spread"),
    ...Object.fromEntries(
      Object.entries(lists).flatMap(([flag, list]) => (Array.isArray(list) && list.length > 0 ? [[flag, list]] : [])),
    ),
  };
}

/** Docker's options that docker-machine has a flag for, of some types, as entries by flag. */
function own<Value>(wanted: (type: string) => boolean, read: (config: string) => Value): Record<string, Value> {
  const flags = dockerFields.filter(({ type, create, config }) => create && config && wanted(type));
  return Object.fromEntries(flags.map(({ create, config }) => [create!.flag, read(config!)]));
}

const dataOf = (value: Json | undefined): Data =>
  typeof value === "object" && value !== null && !Array.isArray(value) ? value : {};

const text = (value: Json | undefined, standard: string): string => (typeof value === "string" ? value : standard);
