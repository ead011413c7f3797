import type { Data, DockerMachineForm, Json } from "@machinist/core";
import { isSecret, type PluginFlag } from "./flags.ts";
import { placeholder } from "./secrets.ts";
import type { PluginState } from "./state.ts";

const looksSecret = /(token|secret|passw|api_?key|access_?key)(?!.*(path|file)$)/i;
const bare = (name: string): string => name.toLowerCase().replace(/[^a-z0-9]/g, "");

/** Told of each configuration of docker-machine's that is read, secrets and all. */
type OnRead = (machine: string, kept: Data) => void;

/**
 * A plugin's machine in docker-machine's config.json: there its whole configuration stands, secrets and all. Here each
 * secret gives way to the name of the option that it came from.
 */
export const dockerMachineForm = (
  kind: string,
  id: (machine: string) => string,
  flags: readonly PluginFlag[],
  onRead: OnRead = () => {},
) =>
  ({
    write(machine, _options, states) {
      const state = states[id(machine)] as PluginState | undefined;
      return state ? (walk(JSON.parse(state.config) as Data, "", blank) as Data) : {};
    },
    read(kept, machine) {
      onRead(machine, kept);
      const state: PluginState = {
        config: JSON.stringify(walk(kept, "", named(flags.filter(isSecret)))),
        doing: "unknown",
        whole: true,
        host: text(kept.IPAddress),
        port: Number(kept.SSHPort) || 22,
        user: text(kept.SSHUser),
        keyPath: text(kept.SSHKeyPath),
      };
      const props = { options: {}, whole: true };
      return { options: {}, resources: [{ id: id(machine), kind, props, parents: [], state }] };
    },
  }) satisfies DockerMachineForm;

const text = (value: unknown): string => (typeof value === "string" ? value : "");

/** Every text of a configuration with the key that it stands at, changed. */
function walk(value: Json, key: string, change: (text: string, key: string) => string): Json {
  if (typeof value === "string") return change(value, key);
  if (Array.isArray(value)) return value.map((each) => walk(each, key, change));
  if (value === null || typeof value !== "object") return value;
  return Object.fromEntries(Object.entries(value).map(([name, each]) => [name, walk(each, name, change)]));
}

/** What is the same for everybody, a flag's default, is no secret. */
const named = (secrets: readonly PluginFlag[]) => (value: string, key: string) => {
  if (value === "" || !looksSecret.test(key) || secrets.some((flag) => flag.value === value)) return value;
  const fits = ({ option }: PluginFlag) => bare(option).endsWith(bare(key)) || bare(key).endsWith(bare(option));
  const option = (secrets.find(fits) ?? secrets[0])?.option;
  return option === undefined ? "" : placeholder(option);
};

/** Other programs have no use for the names of secrets. */
const blank = (value: string): string => value.replace(/\$\{secret:[^}]+\}/g, "");
