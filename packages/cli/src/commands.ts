import { type CommandEntry, commandNamed } from "./command.ts";

/** Every command. Each is loaded only when it is called. */
export const commands: readonly CommandEntry[] = [
  {
    name: "up",
    summary: "Make everything the manifest declares so",
    group: "Fleets",
    load: () => import("./commands/up.ts"),
  },
  {
    name: "plan",
    summary: "Show what up would do, and change nothing",
    group: "Fleets",
    load: () => import("./commands/plan.ts"),
  },
  {
    name: "down",
    summary: "Remove a fleet's machines and what they share",
    group: "Fleets",
    load: () => import("./commands/down.ts"),
  },
  {
    name: "swarm",
    summary: "Recover a fleet's Swarm without majority, or change its unlock key",
    group: "Fleets",
    load: () => import("./commands/swarm.ts"),
  },
  {
    name: "create",
    summary: "Create machines by themselves, without a manifest",
    group: "Machines",
    load: () => import("./commands/create.ts"),
  },
  {
    name: "clone",
    summary: "Create a machine as another was asked for",
    group: "Machines",
    load: () => import("./commands/clone.ts"),
  },
  {
    name: "ls",
    summary: "List machines",
    group: "Machines",
    aliases: ["list"],
    load: () => import("./commands/ls.ts"),
  },
  {
    name: "rm",
    summary: "Remove machines",
    group: "Machines",
    aliases: ["remove"],
    load: () => import("./commands/rm.ts"),
  },
  {
    name: "lease",
    summary: "Say how long a machine is wanted",
    group: "Machines",
    load: () => import("./commands/lease.ts"),
  },
  {
    name: "reap",
    summary: "Remove machines whose leases have ended",
    group: "Machines",
    load: () => import("./commands/reap.ts"),
  },
  { name: "start", summary: "Start machines", group: "Machines", load: () => import("./commands/start.ts") },
  { name: "stop", summary: "Stop machines in order", group: "Machines", load: () => import("./commands/stop.ts") },
  { name: "restart", summary: "Restart machines", group: "Machines", load: () => import("./commands/restart.ts") },
  { name: "kill", summary: "Stop machines at once", group: "Machines", load: () => import("./commands/kill.ts") },
  {
    name: "prune",
    summary: "Find and remove what was made at providers and no machine here knows",
    group: "Machines",
    load: () => import("./commands/prune.ts"),
  },
  {
    name: "provision",
    summary: "Check Docker on machines again and put right what is not",
    group: "Machines",
    load: () => import("./commands/provision.ts"),
  },
  {
    name: "regenerate-certs",
    summary: "Renew machines' TLS certificates",
    group: "Machines",
    load: () => import("./commands/regenerate-certs.ts"),
  },
  {
    name: "access",
    summary: "Give people certificates of their own, and take them away",
    group: "Machines",
    load: () => import("./commands/access.ts"),
  },
  { name: "status", summary: "Show machines' states", group: "Machines", load: () => import("./commands/status.ts") },
  {
    name: "inspect",
    summary: "Show everything known of machines",
    group: "Machines",
    load: () => import("./commands/inspect.ts"),
  },
  {
    name: "env",
    summary: "Print what points a shell's docker at a machine",
    group: "Connect",
    load: () => import("./commands/env.ts"),
  },
  {
    name: "config",
    summary: "Print docker's flags for a machine",
    group: "Connect",
    load: () => import("./commands/config.ts"),
  },
  {
    name: "active",
    summary: "Print the machine this shell's docker talks to",
    group: "Connect",
    load: () => import("./commands/active.ts"),
  },
  { name: "ip", summary: "Print machines' addresses", group: "Connect", load: () => import("./commands/ip.ts") },
  {
    name: "url",
    summary: "Print the URLs of machines' engines",
    group: "Connect",
    load: () => import("./commands/url.ts"),
  },
  {
    name: "ssh",
    summary: "Log in to a machine, or run a command there",
    group: "Connect",
    load: () => import("./commands/ssh.ts"),
  },
  {
    name: "scp",
    summary: "Copy files from and to machines",
    group: "Connect",
    load: () => import("./commands/scp.ts"),
  },
  {
    name: "logs",
    summary: "Show the log of a machine's Docker",
    group: "Connect",
    load: () => import("./commands/logs.ts"),
  },
  {
    name: "events",
    summary: "Show what running and past commands do and did",
    group: "About",
    load: () => import("./commands/events.ts"),
  },
  {
    name: "audit",
    summary: "Show who changed what, and when",
    group: "About",
    load: () => import("./commands/audit.ts"),
  },
  {
    name: "doctor",
    summary: "Look for what keeps machinist or machines from working",
    group: "About",
    load: () => import("./commands/doctor.ts"),
  },
  {
    name: "completion",
    summary: "Print a shell's completion script",
    group: "About",
    load: () => import("./commands/completion.ts"),
  },
  {
    name: "version",
    summary: "Print the version of machinist, or of a machine's Docker",
    group: "About",
    load: () => import("./commands/version.ts"),
  },
  { name: "help", summary: "Show help", group: "About", load: () => import("./commands/help.ts") },
];

/** The command of a name or an alias. */
export const findCommand = (name: string): CommandEntry | undefined => commandNamed(commands, name);
