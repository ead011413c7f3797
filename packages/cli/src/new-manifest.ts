/** What a new manifest declares. */
export interface NewManifest {
  readonly name: string;
  readonly driver: string;
  /** Options without which the driver makes nothing: they are to be filled in. */
  readonly required: readonly string[];
  readonly machines: number;
  /** How many of them are the Swarm's managers; 0: no Swarm. */
  readonly managers: number;
  /** A compose file to run on all machines. */
  readonly compose?: string;
}

/** The text of a manifest, with what one may want to know next. Pure. */
export function manifestText(wanted: NewManifest): string {
  const { name, driver, compose, managers } = wanted;
  return [
    "# See what it would do: machinist plan. Do it: machinist up. Take it away again: machinist down.",
    `name: ${scalar(name)}`,
    `driver: ${scalar(driver)} # its options: machinist create -d ${driver} --help`,
    ...options(wanted),
    "machines:",
    ...groups(wanted),
    ...(compose === undefined
      ? []
      : [
          `compose: # after Docker${managers > 0 ? ", before Swarm" : ""}`,
          `  - { file: ${scalar(compose)}, on: all }`,
        ]),
    "",
  ].join("\n");
}

function options({ required, machines }: NewManifest): string[] {
  if (required.length === 0 || machines > 1) return [];
  return ["options:", ...required.map((option) => `  ${option}: ${placeholder}`)];
}

function groups(wanted: NewManifest): string[] {
  const { machines, managers, required } = wanted;
  // A driver that must be told something of each machine makes no two alike.
  if (required.length > 0 && machines > 1)
    return Array.from({ length: machines }, (_, index) => {
      const given = required.map((option) => `${option}: ${placeholder}`).join(", ");
      const role = managers === 0 ? "" : `swarm: ${index < managers ? "manager" : "worker"}, `;
      return `  machine-${index + 1}: { ${role}options: { ${given} } }`;
    });
  const workers = machines - managers;
  if (managers === 0) return [group("machine", machines)];
  return [group("manager", managers, "manager"), ...(workers > 0 ? [group("worker", workers, "worker")] : [])];
}

function group(name: string, count: number, role?: string): string {
  const parts = [...(count > 1 ? [`count: ${count}`] : []), ...(role === undefined ? [] : [`swarm: ${role}`])];
  return `  ${name}: ${parts.length === 0 ? "{}" : `{ ${parts.join(", ")} }`}`;
}

/** To be filled in: until then `plan` says which option is missing. */
const placeholder = '""';

/** As YAML has it: quoted where it could be taken for something else. */
const scalar = (text: string): string =>
  /^[A-Za-z_./][\w./-]*$/.test(text) && !/^(y|n|yes|no|on|off|true|false|null)$/i.test(text)
    ? text
    : JSON.stringify(text);
