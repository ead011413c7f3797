import { attempt, run } from "@machinist/programs";

/** One rule: `-t TABLE -I CHAIN …args`. */
export interface Rule {
  readonly table: "filter" | "nat";
  readonly chain: string;
  readonly args: readonly string[];
}

/** The comment that marks the rules of one network. */
export const commentOf = (owner: string): string => `machinist-${owner}`;

/**
 * What leaves the network is masqueraded. A Docker on this computer sets FORWARD's policy to DROP, and with br_netfilter
 * that cuts even neighbours on the bridge off from each other: so traffic from the bridge is accepted, and the answers to it.
 */
export function rulesFor(owner: string, bridge: string, subnet: string): Rule[] {
  const comment = ["-m", "comment", "--comment", commentOf(owner)];
  return [
    { table: "nat", chain: "POSTROUTING", args: ["-s", subnet, "!", "-d", subnet, ...comment, "-j", "MASQUERADE"] },
    { table: "filter", chain: "FORWARD", args: ["-i", bridge, ...comment, "-j", "ACCEPT"] },
    {
      table: "filter",
      chain: "FORWARD",
      args: ["-o", bridge, "-m", "conntrack", "--ctstate", "RELATED,ESTABLISHED", ...comment, "-j", "ACCEPT"],
    },
  ];
}

const iptables = (rule: Rule, action: "-C" | "-I"): string[] => [
  "iptables",
  "-w",
  "10",
  "-t",
  rule.table,
  action,
  rule.chain,
  ...rule.args,
];

/** Whether every rule is there. */
export async function rulesHold(rules: readonly Rule[], signal?: AbortSignal): Promise<boolean> {
  const checks = await Promise.all(rules.map((rule) => attempt(iptables(rule, "-C"), signal ? { signal } : {})));
  return checks.every(({ code }) => code === 0);
}

export async function addRules(rules: readonly Rule[], signal?: AbortSignal): Promise<void> {
  const options = signal ? { signal } : {};
  for (const rule of rules)
    if ((await attempt(iptables(rule, "-C"), options)).code !== 0) await run(iptables(rule, "-I"), options);
}

/** Lines of `iptables -S` that carry an owner tag, as arguments that delete them. */
export function deletions(listing: string, owner: string): string[][] {
  const words = (line: string): string[] => line.split(/\s+/).map((word) => word.replace(/^"(.*)"$/, "$1"));
  return listing
    .split("\n")
    .filter((line) => line.startsWith("-A "))
    .map(words)
    .filter((line) => line[line.indexOf("--comment") + 1] === commentOf(owner) && line.includes("--comment"))
    .map((line) => ["-D", ...line.slice(1)]);
}

/** Rules of an owner, as `TABLE CHAIN …`. */
export async function rulesOf(owner: string): Promise<string[]> {
  const tables = await Promise.all(
    (["nat", "filter"] as const).map(async (table) => ({ table, listing: await list(table) })),
  );
  return tables.flatMap(({ table, listing }) =>
    deletions(listing, owner).map((args) => `${table} ${args.slice(1).join(" ")}`),
  );
}

/** Remove an owner's rules, wherever they are, and no others. Safe to call at once from several processes. */
export async function removeRules(owner: string): Promise<void> {
  for (const table of ["nat", "filter"] as const)
    for (const args of deletions(await list(table), owner)) await removeRule(table, args, owner);
}

async function removeRule(table: Rule["table"], args: readonly string[], owner: string): Promise<void> {
  const argv = ["iptables", "-w", "10", "-t", table, ...args];
  const failed = await run(argv).then(
    () => undefined,
    (error: unknown) => error,
  );
  if (failed === undefined) return;
  // Another process may have been quicker.
  const left = deletions(await list(table), owner).map((line) => line.join(" "));
  if (left.includes(args.join(" "))) throw failed;
}

const list = (table: Rule["table"]): Promise<string> => run(["iptables", "-w", "10", "-t", table, "-S"]);
