import type { IFlattenedRuleSet } from "dependency-cruiser";
import { forTests, inside, layers, shown } from "./layers.ts";

const ours = "^packages/";
const ground = [...layers.core, ...layers.ground];
const below = [...ground, ...layers.foundations, ...layers.parts];

/** The shape of the program, each rule with the reason it is there. dependency-cruiser prints the reason on a breach. */
export const rules: IFlattenedRuleSet = {
  forbidden: [
    {
      name: "core-imports-none-of-ours",
      comment: "core is the contract that everybody builds against: were it to know a package, all would depend on it.",
      severity: "error",
      from: { path: inside(layers.core, "src/") },
      to: { path: ours, pathNot: inside(layers.core) },
    },
    {
      name: "ground-imports-only-core",
      comment: "What foundations stand on knows none of them: running a program is the same whatever it is run for.",
      severity: "error",
      from: { path: inside(layers.ground, "src/") },
      to: { path: ours, pathNot: [inside(layers.core), "^packages/$1/"] },
    },
    {
      name: "foundations-import-only-what-they-stand-on",
      comment: "Foundations (SSH, the Engine API, option schemas) stay small enough to be used alone.",
      severity: "error",
      from: { path: inside(layers.foundations, "src/") },
      to: { path: ours, pathNot: [inside(ground), "^packages/$1/"] },
    },
    {
      name: "siblings-do-not-import-siblings",
      comment:
        "A driver, a provisioner or a manifest reader can be installed, replaced and tested alone. What one needs of " +
        "another comes in through core's interfaces (Hosts, Engines), put in by fleet.",
      severity: "error",
      from: { path: inside(layers.parts, "src/") },
      to: { path: ours, pathNot: [inside([...ground, ...layers.foundations]), "^packages/$1/"] },
    },
    {
      name: "fleet-knows-no-program",
      comment:
        "fleet is the library an embedding program uses; a command line or a screen must not come along with it.",
      severity: "error",
      from: { path: inside(layers.fleet, "src/") },
      to: { path: inside(shown) },
    },
    {
      name: "fleet-knows-no-driver",
      comment:
        "Drivers are found by name or handed in by a program: an installation has only those it needs. driver-plugin is none, it finds those that are programs.",
      severity: "error",
      from: { path: inside(layers.fleet, "src/") },
      to: { path: "^packages/driver-", pathNot: inside(["driver-plugin"]) },
    },
    {
      name: "fleet-is-the-only-way-up",
      comment: "Only programs open a fleet. A part that did would make a circle with the package that wires it.",
      severity: "error",
      from: { path: inside(below) },
      to: { path: inside([...layers.fleet, ...shown]) },
    },
    {
      name: "screens-know-no-program",
      comment:
        "A screen is opened by whichever program wants one; were it to know one, each would come with the other.",
      severity: "error",
      from: { path: inside(layers.screens, "src/") },
      to: { path: inside(shown), pathNot: "^packages/$1/" },
    },
    {
      name: "screens-are-loaded-when-opened",
      comment:
        "A screen is as large as the command line itself: a program that is asked for anything else must start " +
        "without it, and work where it is not installed.",
      severity: "error",
      from: { path: inside(layers.programs, "src/") },
      to: { path: inside(layers.screens), dependencyTypesNot: ["dynamic-import", "type-only"] },
    },
    {
      name: "programs-do-not-import-programs",
      comment:
        "The command line and the drop-in must each be installable, and start in milliseconds, without the other.",
      severity: "error",
      from: { path: inside(layers.programs, "src/") },
      to: { path: inside(layers.programs), pathNot: "^packages/$1/" },
    },
    {
      name: "testkit-and-lab-only-in-tests",
      comment:
        "Fakes and lab hosts are development tools; a shipped source that imports them would drag them to users.",
      severity: "error",
      from: { path: "^packages/[^/]+/src/", pathNot: inside(forTests) },
      to: { path: inside(forTests) },
    },
    {
      name: "testkit-imports-only-core",
      comment: "Driver authors install testkit beside core and nothing else of ours.",
      severity: "error",
      from: { path: inside(["testkit"], "src/") },
      to: { path: ours, pathNot: inside(["core", "testkit"]) },
    },
    {
      name: "lab-imports-only-what-makes-hosts",
      comment:
        "Lab makes the hosts that tests judge us on; were it built on the parts under test, both could be wrong alike.",
      severity: "error",
      from: { path: inside(["lab"], "src/") },
      to: { path: ours, pathNot: inside(["core", "ssh", "driver-nspawn", "lab"]) },
    },
    {
      name: "sources-do-not-import-tests",
      comment: "Tests are not published: the import would break for everyone but us.",
      severity: "error",
      from: { path: "^packages/[^/]+/src/" },
      to: { path: "/test/|^test/" },
    },
    {
      name: "no-circles",
      comment:
        "Of two modules in a circle neither can be read, tested or moved without the other. Where a lazy import closes " +
        "it there are only a list (of commands) and an entry that reads the list.",
      severity: "error",
      from: { path: ours },
      to: { circular: true, viaOnly: { dependencyTypesNot: ["dynamic-import"] } },
    },
    {
      name: "everything-resolves",
      comment: "An import that leads nowhere is a typo, or a package that nobody declared.",
      severity: "error",
      from: { path: ours },
      to: { couldNotResolve: true },
    },
  ],
};
