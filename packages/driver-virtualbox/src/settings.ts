import { createHash } from "node:crypto";
import { availableParallelism } from "node:os";
import type { MachineInfo, Rule } from "./listing.ts";

/** `disk` and `hostOnly` are ids of resources; `hostOnly` empty: no such network. `publish` as `HOST:GUEST`. */
export type MachineProps = {
  name: string;
  publicKey: string;
  disk: string;
  user: string;
  userData: string;
  memory: number;
  cpus: number;
  ports: number[];
  publish: string[];
  nic: string;
  hostResolver: boolean;
  dnsProxy: boolean;
  hostOnly: string;
  hostOnlyNic: string;
  promiscuous: string;
  bridge: string;
  share: string;
  ui: string;
};

export const cpuCount = ({ cpus }: Pick<MachineProps, "cpus">): number => (cpus === -1 ? availableParallelism() : cpus);

/** What is in a machine's description once all of it has been set: with it, the machine is complete. */
export const describe = (owner: string): string =>
  `Made by machinist as ${owner}; it is changed and removed by it alone`;

/** The port forwards a machine should have. `hostPort` 0: any free one. */
export const wantedRules = ({ ports, publish, hostOnly }: MachineProps): Rule[] => [
  ...(hostOnly === "" ? ports : []).map((guestPort) => ({ name: `tcp-${guestPort}`, hostPort: 0, guestPort })),
  ...publish.map((each) => {
    const [hostPort, guestPort] = each.split(":").map(Number);
    return { name: `publish-${hostPort}`, hostPort: hostPort ?? 0, guestPort: guestPort ?? 0 };
  }),
];

export interface Settings {
  readonly uuid: string;
  readonly owner: string;
  readonly props: MachineProps;
  readonly consoleLog: string;
  readonly rules: readonly Rule[];
  readonly before: MachineInfo;
  /** The name of the host-only interface, and the MAC that says which address the machine has there. */
  readonly hostOnly: { readonly interface: string; readonly mac: string } | undefined;
}

/** One command that sets all of it: VirtualBox saves it whole or not at all. Pure. */
export function modifyArgv({ uuid, owner, props, consoleLog, rules, before, hostOnly }: Settings): string[] {
  const on = (value: boolean) => (value ? "on" : "off");
  const kept = (rule: Rule, among: readonly Rule[]) => among.some((each) => ruleArgument(each) === ruleArgument(rule));
  return [
    ...["modifyvm", uuid, "--memory", String(props.memory), "--cpus", String(cpuCount(props))],
    ...["--acpi", "on", "--ioapic", "on", "--rtcuseutc", "on", "--vram", "16", "--graphicscontroller", "vmsvga"],
    ...["--boot1", "disk", "--boot2", "none", "--boot3", "none", "--boot4", "none"],
    ...["--uart1", "0x3F8", "4", "--uartmode1", "file", consoleLog],
    ...["--nic1", "nat", "--nictype1", props.nic, "--cableconnected1", "on"],
    ...["--natdnshostresolver1", on(props.hostResolver), "--natdnsproxy1", on(props.dnsProxy)],
    ...before.rules.filter((rule) => !kept(rule, rules)).flatMap(({ name }) => ["--natpf1", "delete", name]),
    ...rules.filter((rule) => !kept(rule, before.rules)).flatMap((rule) => ["--natpf1", ruleArgument(rule)]),
    ...(hostOnly
      ? [
          ...["--nic2", "hostonly", "--hostonlyadapter2", hostOnly.interface, "--macaddress2", hostOnly.mac],
          ...["--nictype2", props.hostOnlyNic, "--nicpromisc2", props.promiscuous, "--cableconnected2", "on"],
        ]
      : ["--nic2", "none"]),
    ...(props.bridge === ""
      ? ["--nic3", "none"]
      : [
          "--nic3",
          "bridged",
          "--bridgeadapter3",
          props.bridge,
          "--nictype3",
          props.nic,
          "--macaddress3",
          bridgeMac(owner),
        ]),
    ...["--description", describe(owner)],
  ];
}

const ruleArgument = ({ name, hostPort, guestPort }: Rule): string => `${name},tcp,127.0.0.1,${hostPort},,${guestPort}`;

/** The MAC of the bridged adapter, known before there is one. */
const bridgeMac = (owner: string): string =>
  `0202${createHash("sha256").update(owner).digest("hex").slice(0, 8)}`.toUpperCase();

/** What cloud-init sets up on the adapters, each known by its MAC. Pure. */
export function networkConfig(
  { owner, props, before }: Pick<Settings, "owner" | "props" | "before">,
  hostOnly: { readonly address: string; readonly prefix: number } | undefined,
): string {
  const match = (mac: string) => ({ match: { macaddress: mac.toLowerCase().match(/../g)?.join(":") } });
  const lan = { dhcp4: true, "dhcp4-overrides": { "use-routes": false }, optional: true };
  const ethernets = {
    nat: { ...match(before.macs["1"] ?? ""), dhcp4: true },
    ...(hostOnly
      ? { hostonly: { ...match(macOf(hostOnly.address)), addresses: [`${hostOnly.address}/${hostOnly.prefix}`] } }
      : {}),
    ...(props.bridge === "" ? {} : { bridge: { ...match(bridgeMac(owner)), ...lan } }),
  };
  return JSON.stringify({ version: 2, ethernets });
}

/** A locally administered MAC that holds an IPv4 address: whoever lists the machines sees which addresses are taken. */
export const macOf = (address: string): string =>
  `0200${address
    .split(".")
    .map((octet) => Number(octet).toString(16).padStart(2, "0"))
    .join("")}`.toUpperCase();

export function addressIn(mac: string | undefined): string | undefined {
  const digits = /^0200([0-9A-F]{8})$/i.exec(mac ?? "")?.[1];
  return digits
    ?.match(/../g)
    ?.map((octet) => Number.parseInt(octet, 16))
    .join(".");
}
