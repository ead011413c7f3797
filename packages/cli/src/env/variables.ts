import { MachinistError } from "@machinist/core";
import type { Connection } from "@machinist/fleet";
import { type Shell, shells } from "./shells.ts";

/** What `env` sets, by name; undefined takes a variable away. */
export type Variables = readonly (readonly [name: string, value: string | undefined])[];

/** The variables that point docker at a machine. */
export const connecting = ({ machine, url, certPath, tls }: Connection): Variables => [
  ["DOCKER_TLS_VERIFY", tls ? "1" : undefined],
  ["DOCKER_HOST", url],
  ["DOCKER_CERT_PATH", tls ? certPath : undefined],
  ["DOCKER_MACHINE_NAME", machine],
];

/** The variables that point docker nowhere in particular again. */
export const disconnecting: Variables = [
  ["DOCKER_TLS_VERIFY", undefined],
  ["DOCKER_HOST", undefined],
  ["DOCKER_CERT_PATH", undefined],
  ["DOCKER_MACHINE_NAME", undefined],
];

type Env = Readonly<Record<string, string | undefined>>;

/** The variable that exempts addresses from proxies, as it is spelled here already, with or without this one. */
export function noProxy(env: Env, address: string, wanted: boolean): Variables {
  const name = env.no_proxy !== undefined ? "no_proxy" : "NO_PROXY";
  const others = (env[name] ?? "")
    .split(",")
    .map((one) => one.trim())
    .filter((one) => one !== "" && one !== address);
  const value = [...others, ...(wanted ? [address] : [])].join(",");
  return [[name, value === "" ? undefined : value]];
}

/** A line break would end the command that sets the variable, and begin another. */
const acting = /[\x00-\x1f\x7f-\x9f\u2028\u2029]/;

/** The text for a shell to evaluate; `command` is what printed it. Throws `env.value` for what no shell may be given. */
export function shellText(shell: Shell, variables: Variables, command: string): string {
  const wrong = variables.find(
    ([, value]) => value !== undefined && (acting.test(value) || shell.impossible?.test(value)),
  );
  if (wrong !== undefined)
    throw new MachinistError(
      "env.value",
      `${wrong[0]} would be ${JSON.stringify(wrong[1])}, which this shell cannot be given`,
      {
        hint: "Use a store whose path, and proxies whose names, hold no control characters and no quotes",
      },
    );
  const lines = variables.map(([name, value]) => (value === undefined ? shell.unset(name) : shell.set(name, value)));
  return `${[...lines, ...shell.advice(command)].join("\n")}\n`;
}

export const shellNames: readonly string[] = Object.keys(shells);
