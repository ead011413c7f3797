/**
 * Who may import whom. Each layer imports only layers below it; within a layer nobody imports anybody. A new package
 * gets a place here first.
 */
export const layers = {
  core: ["core"],
  ground: ["programs", "values"],
  foundations: [
    "ssh",
    "docker-client",
    "options",
    "requests",
    "cloud-init",
    "images",
    "go-rpc",
    "go-template",
    "machine-config",
    "terminal-text",
  ],
  parts: [
    "provision",
    "swarm",
    "compose-runner",
    "manifest",
    "hooks",
    "driver-generic",
    "driver-nspawn",
    "driver-qemu",
    "driver-virtualbox",
    "driver-amazonec2",
    "driver-digitalocean",
    "driver-plugin",
    "driver-simulated",
  ],
  fleet: ["fleet"],
  screens: ["tui"],
  programs: ["cli", "docker-machine", "docker-machine-drivers", "gitlab-fleeting"],
} as const;

/** What a person sees of a fleet: programs and their screens. Only these print, ask and listen to keys. */
export const shown = [...layers.screens, ...layers.programs] as const;

/** For tests only: no shipped source imports them. */
export const forTests = ["testkit", "lab"] as const;

export type Layer = keyof typeof layers;

export const known: readonly string[] = [...Object.values(layers).flat(), ...forTests];

/** `^packages/(a|b)/`, for a dependency-cruiser rule. */
export const inside = (names: readonly string[], folder = ""): string => `^packages/(${names.join("|")})/${folder}`;
