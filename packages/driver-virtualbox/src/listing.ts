/** What `showvminfo --machinereadable` and `list` say, read. All of it is pure. */

export interface MachineInfo {
  /** VirtualBox's own word: `running`, `poweroff`, `aborted`, … */
  readonly power: string;
  readonly settingsFile: string;
  readonly description: string;
  readonly memory: number;
  readonly cpus: number;
  readonly rules: readonly Rule[];
  /** MAC addresses by the number of their adapter. */
  readonly macs: Readonly<Record<string, string>>;
  readonly storage: boolean;
}

/** A NAT port forward. */
export interface Rule {
  readonly name: string;
  readonly hostPort: number;
  readonly guestPort: number;
}

/** Lines `key="value"`, `"key"="value"` or `key=value`; a value may go over several lines (descriptions do). */
export function machineReadable(text: string): Map<string, string> {
  const values = new Map<string, string>();
  for (const [, key = "", quoted, plain] of text.matchAll(/^"?([^"=\n]+)"?=(?:"([^"]*)"|(.*))$/gm))
    values.set(key, quoted ?? plain ?? "");
  return values;
}

export function machineInfo(text: string): MachineInfo {
  const values = machineReadable(text);
  const entries = [...values];
  return {
    power: values.get("VMState") ?? "unknown",
    settingsFile: values.get("CfgFile") ?? "",
    description: values.get("description") ?? "",
    memory: Number(values.get("memory")),
    cpus: Number(values.get("cpus")),
    rules: entries.filter(([key]) => key.startsWith("Forwarding(")).map(([, value]) => ruleOf(value)),
    macs: Object.fromEntries(
      entries.filter(([key]) => key.startsWith("macaddress")).map(([key, value]) => [key.slice(10), value]),
    ),
    storage: values.has("storagecontrollername0"),
  };
}

/** `ssh,tcp,127.0.0.1,42222,,22` */
function ruleOf(text: string): Rule {
  const [name = "", , , hostPort, , guestPort] = text.split(",");
  return { name, hostPort: Number(hostPort), guestPort: Number(guestPort) };
}

export interface Medium {
  readonly uuid: string;
  readonly path: string;
  /** MiB. */
  readonly capacity: number;
  /** `created`, `locked read`, `locked write`, `inaccessible` … */
  readonly state: string;
  /** Why it is inaccessible. */
  readonly problem: string;
}

/** Blocks of `Key:   value` lines, separated by blank lines, as `list` and `showmediuminfo` write them. */
export const blocks = (text: string): Map<string, string>[] =>
  text
    .split(/\n\s*\n/)
    .map(
      (block) =>
        new Map([...block.matchAll(/^([^:\n]+):[ \t]*(.*)$/gm)].map(([, key = "", value = ""]) => [key, value])),
    )
    .filter((block) => block.size > 0);

export const media = (text: string): Medium[] =>
  blocks(text).map((block) => ({
    uuid: block.get("UUID") ?? "",
    path: block.get("Location") ?? "",
    capacity: Number(/^(\d+) MBytes/.exec(block.get("Capacity") ?? "")?.[1] ?? 0),
    state: block.get("State") ?? "",
    problem: block.get("Access Error") ?? "",
  }));

export interface Listed {
  readonly name: string;
  readonly uuid: string;
}

/** `list vms`: `"NAME" {UUID}` a line. */
export const machines = (text: string): Listed[] =>
  [...text.matchAll(/^"(.*)" \{([0-9a-f-]{36})\}$/gm)].map(([, name = "", uuid = ""]) => ({ name, uuid }));

/** Of `list --long vms`: each machine's settings file, and every port of this computer that some machine forwards. */
export function longList(text: string): {
  readonly machines: { uuid: string; settingsFile: string; groups: string }[];
  readonly hostPorts: Set<number>;
  readonly macs: Set<string>;
} {
  const sections = text.split(/^(?=Name: {2,})/m).filter((section) => section.startsWith("Name:"));
  const value = (section: string, key: string) => new RegExp(`^${key}: +(.*)$`, "m").exec(section)?.[1] ?? "";
  return {
    machines: sections.map((section) => ({
      uuid: value(section, "UUID"),
      settingsFile: value(section, "Config file"),
      groups: value(section, "Groups"),
    })),
    hostPorts: new Set([...text.matchAll(/host port = (\d+)/g)].map(([, port]) => Number(port))),
    macs: new Set([...text.matchAll(/MAC: ([0-9A-F]{12})/g)].map(([, mac = ""]) => mac)),
  };
}
