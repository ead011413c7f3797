import type { Data, DockerMachineForm, Json } from "@machinist/core";
import { placeholder } from "./secrets.ts";
import type { PluginState } from "./state.ts";

const looksSecret = /(token|secret|passw|api_?key|access_?key)/i;
const bare = (name: string): string => name.toLowerCase().replace(/[^a-z0-9]/g, "");

/**
 * A plugin's machine in docker-machine's config.json: there its whole configuration stands, secrets and all. Here each
 * secret gives way to the name of the option that it came from.
 */
export const dockerMachineForm = (kind: string, id: (machine: string) => string, secrets: readonly string[]) =>
  ({
    write(machine, _options, states) {
      const state = states[id(machine)] as PluginState | undefined;
      return state ? blank(JSON.parse(state.config) as Data) : {};
    },
    read(kept, machine) {
      const state: PluginState = {
        config: JSON.stringify(named(kept, secrets)),
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

function named(kept: Data, secrets: readonly string[]): Data {
  return Object.fromEntries(
    Object.entries(kept).map(([key, value]) => {
      if (typeof value !== "string" || value === "" || !looksSecret.test(key)) return [key, value];
      const option =
        secrets.find((name) => bare(name).endsWith(bare(key)) || bare(key).endsWith(bare(name))) ?? secrets[0];
      return [key, option === undefined ? "" : placeholder(option)];
    }),
  );
}

/** Other programs have no use for the names of secrets. */
function blank(config: Data): Data {
  const entries = Object.entries(config).map(([key, value]): [string, Json] => [
    key,
    typeof value === "string" ? value.replace(/\$\{secret:[^}]+\}/g, "") : value,
  ]);
  return Object.fromEntries(entries);
}
