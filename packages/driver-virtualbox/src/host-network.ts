import { readFile } from "node:fs/promises";
import { BlockList } from "node:net";
import { MachinistError, type ResourceType } from "@machinist/core";
import { blocks, longList } from "./listing.ts";
import type { Program } from "./program.ts";
import { macOf } from "./settings.ts";

/** `address` of this computer in it, and the prefix's length. */
export type HostNetworkProps = { address: string; prefix: number };
export type HostNetworkState = { name: string; address: string; prefix: number };

/**
 * A network between this computer and its machines. VirtualBox's host-only interfaces belong to the computer and have no
 * room for a mark: one with the wanted address is used, else one is made; none is ever removed.
 */
export function hostNetworkKind(program: Program): ResourceType<HostNetworkProps, HostNetworkState> {
  const look = async ({ address, prefix }: HostNetworkProps, signal: AbortSignal) => {
    const found = blocks(await program.run(["list", "hostonlyifs"], { signal })).find(
      (block) => block.get("IPAddress") === address && block.get("NetworkMask") === maskOf(prefix),
    );
    return found && { name: found.get("Name") ?? "", address, prefix };
  };
  return {
    read: ({ props, signal }) => look(props, signal),
    create: ({ props, signal }) =>
      program.exclusive(signal, async () => {
        const there = await look(props, signal);
        if (there) return there;
        const said = await program.run(["hostonlyif", "create"], { signal });
        const name = /Interface '(.+)' was successfully created/.exec(said)?.[1];
        if (name === undefined)
          throw new MachinistError("virtualbox.host-network", "VirtualBox did not say which interface it made", {
            hint: "See which there are: VBoxManage list hostonlyifs",
          });
        await program.run(["hostonlyif", "ipconfig", name, "--ip", props.address, "--netmask", maskOf(props.prefix)], {
          signal,
        });
        return { name, ...props };
      }),
    async delete() {},
    retainOnDelete: true,
  };
}

/** `192.168.56.1/24` */
export function parseCidr(cidr: string): HostNetworkProps {
  const [address = "", prefix = ""] = cidr.split("/");
  return { address, prefix: Number(prefix) };
}

const maskOf = (prefix: number): string =>
  [24, 16, 8, 0].map((shift) => ((0xffffffff << (32 - prefix)) >>> shift) & 255).join(".");

/** Below what VirtualBox's own DHCP server gives out (.101 and up, and .100 is its own). */
const LAST = 99;

/** An address that no other machine has, running or not. Asked while no other machinist chooses. */
export async function chooseAddress(program: Program, network: HostNetworkState, signal: AbortSignal): Promise<string> {
  const { macs } = longList(await program.run(["list", "--long", "vms"], { signal }));
  const start = network.address.split(".").slice(0, 3).join(".");
  for (let last = 2; last <= LAST; last++) {
    const address = `${start}.${last}`;
    if (address !== network.address && !macs.has(macOf(address))) return address;
  }
  throw new MachinistError("virtualbox.addresses", `All addresses of the host-only network ${start}.0 are in use`, {
    hint: "Give other machines another network: --virtualbox-hostonly-cidr",
  });
}

const ALLOWED = "192.168.56.0/21";

/**
 * Whether VirtualBox (6.1.28 and later, not on Windows) lets a host-only network have this address: within 192.168.56.0/21,
 * or what the administrator wrote into /etc/vbox/networks.conf.
 */
export function isAllowed(address: string, networksConf: string | undefined): boolean {
  const ranges =
    networksConf === undefined
      ? [ALLOWED]
      : [...networksConf.matchAll(/^\s*\*\s+(.*)$/gm)].flatMap(([, line = ""]) => line.trim().split(/\s+/));
  return ranges.some((range) => {
    const [base = "", prefix = ""] = range.split("/");
    if (!/^\d+(\.\d+){3}$/.test(base)) return false;
    const list = new BlockList();
    list.addSubnet(base, Number(prefix));
    return list.check(address);
  });
}

/** Throws `virtualbox.host-range`. */
export async function checkRange({ address }: HostNetworkProps, platform: string = process.platform): Promise<void> {
  if (platform === "win32") return;
  const conf = await readFile("/etc/vbox/networks.conf", "utf8").catch(() => undefined);
  if (isAllowed(address, conf)) return;
  throw new MachinistError("virtualbox.host-range", `VirtualBox does not allow host-only networks at ${address}`, {
    hint: `Choose one in ${ALLOWED}, or allow it: a line "* ${address}/24" in /etc/vbox/networks.conf`,
  });
}
