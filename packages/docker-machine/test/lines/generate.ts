import {
  answers,
  createFlags,
  filters,
  globals,
  inspectTemplates,
  lsTemplates,
  machines,
  newNames,
  oddFlags,
  places,
  type StoreName,
  shells,
} from "./words.ts";

/** One call of docker-machine. */
export interface Line {
  readonly store: StoreName;
  readonly args: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
  readonly stdin?: string;
}

type Words = readonly string[];

/** What it draws from: the same for the same seed everywhere (mulberry32). */
class Dice {
  #state: number;
  constructor(seed: number) {
    this.#state = seed;
  }
  next(): number {
    this.#state = (this.#state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(this.#state ^ (this.#state >>> 15), 1 | this.#state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  }
  pick<T>(list: readonly T[]): T {
    return list[Math.floor(this.next() * list.length)]!;
  }
  chance(share: number): boolean {
    return this.next() < share;
  }
}

type Make = (dice: Dice, store: StoreName) => { readonly words: readonly Words[]; readonly env?: Line["env"] };

const some = (dice: Dice, store: StoreName): Words[] =>
  Array.from({ length: dice.pick([0, 1, 1, 1, 1, 1, 2, 2, 3]) }, () => [dice.pick(machines[store])]);
const maybe = (dice: Dice, share: number, ...words: Words): Words[] => (dice.chance(share) ? [words] : []);
/** What would wait minutes for SSH is asked of machines that cannot be read, or of none. */
const withoutHost = ["nope", "broken", "plug", "M1", "empty"];
const waiting = (dice: Dice): Words[] =>
  Array.from({ length: dice.pick([0, 1, 1, 1, 2]) }, () => [dice.pick(withoutHost)]);
const onlyNames: Make = (dice, store) => ({ words: some(dice, store) });

const format = (dice: Dice, templates: readonly string[]): Words => {
  const text = dice.pick(templates);
  return dice.pick([["--format", text], ["-f", text], [`--format=${text}`], [`-f=${text}`], ["-format", text]]);
};

/** Flags and arguments of each command; what is put before, behind and between is the same for all. */
const makers: Readonly<Record<string, readonly [weight: number, make: Make]>> = {
  ls: [
    26,
    (dice, store) => ({
      words: [
        ...maybe(dice, 0.2, dice.pick(["-q", "--quiet", "-quiet", "-q=false", "--quiet=true"])),
        ...(dice.chance(0.35) ? [["--filter", dice.pick(filters)]] : []),
        ...(dice.chance(0.12) ? [[`--filter=${dice.pick(filters)}`]] : []),
        ...(dice.chance(0.75) ? [format(dice, lsTemplates)] : []),
        ...maybe(dice, 0.06, "-t", dice.pick(["5", "0", "x", "-1", "1.5", ""])),
        ...maybe(dice, 0.04, dice.pick(machines[store])),
      ],
      ...(dice.chance(0.15) ? { env: { DOCKER_HOST: dice.pick(hosts) } } : {}),
    }),
  ],
  inspect: [
    10,
    (dice, store) => ({ words: [...some(dice, store), ...(dice.chance(0.8) ? [format(dice, inspectTemplates)] : [])] }),
  ],
  env: [
    9,
    (dice, store) => ({
      words: [
        ...some(dice, store),
        ...(dice.chance(0.6) ? [["--shell", dice.pick(shells)]] : []),
        ...maybe(dice, 0.25, dice.pick(["-u", "--unset", "-u=false"])),
        ...maybe(dice, 0.15, "--no-proxy"),
        ...maybe(dice, 0.1, "--swarm"),
      ],
      ...(dice.chance(0.3)
        ? {
            env: dice.pick([
              { SHELL: dice.pick(["/bin/fish", "/usr/bin/zsh", "bash", "/bin/tcsh", ""]) },
              { NO_PROXY: "a.example" },
              { no_proxy: "127.0.0.1" },
            ]),
          }
        : {}),
    }),
  ],
  config: [4, (dice, store) => ({ words: [...some(dice, store), ...maybe(dice, 0.25, "--swarm")] })],
  active: [
    4,
    (dice, store) => ({
      words: [...maybe(dice, 0.3, "-t", dice.pick(["5", "0", "x"])), ...maybe(dice, 0.15, dice.pick(machines[store]))],
      ...(dice.chance(0.6) ? { env: { DOCKER_HOST: dice.pick(hosts) } } : {}),
    }),
  ],
  ip: [4, onlyNames],
  url: [4, onlyNames],
  status: [4, onlyNames],
  version: [4, onlyNames],
  start: [4, onlyNames],
  stop: [3, onlyNames],
  kill: [3, onlyNames],
  restart: [2, onlyNames],
  rm: [
    8,
    (dice, store) => ({
      words: [
        ...some(dice, store),
        ...maybe(dice, 0.4, dice.pick(["-y", "--y", "-y=false", "-y=1"])),
        ...maybe(dice, 0.25, dice.pick(["-f", "--force"])),
      ],
    }),
  ],
  scp: [
    4,
    (dice) => ({
      words: [...pathsFor(dice), ...maybe(dice, 0.3, dice.pick(["-r", "-q", "-d", "--recursive", "--delta"]))],
    }),
  ],
  mount: [3, (dice) => ({ words: [...pathsFor(dice), ...maybe(dice, 0.2, dice.pick(["-u", "--unmount"]))] })],
  ssh: [
    3,
    (dice, store) => ({
      words: [...some(dice, store), ...maybe(dice, 0.4, dice.pick(["ls", "-l", "--", "exit 3", "--nope"]))],
    }),
  ],
  "regenerate-certs": [2, (dice) => ({ words: [...waiting(dice), ...maybe(dice, 0.2, dice.pick(["-f", "--force"]))] })],
  create: [
    14,
    (dice) => ({
      words: [
        ...maybe(
          dice,
          0.9,
          dice.pick(["-d", "--driver", "-driver"]),
          dice.pick(["none", "none", "none", "none", "nosuch", ""]),
        ),
        ...(dice.chance(0.7) ? [["--url", "tcp://127.0.0.1:2399"]] : []),
        ...Array.from({ length: dice.pick([0, 0, 1, 1, 2]) }, () => dice.pick(createFlags)),
        ...(dice.chance(0.92) ? [[dice.pick(newNames)]] : []),
        ...maybe(dice, 0.05, dice.pick(newNames)),
      ],
      ...(dice.chance(0.15)
        ? {
            env: dice.pick([
              { MACHINE_DRIVER: "none" },
              { MACHINE_DRIVER: "nosuch" },
              { ENGINE_REGISTRY_MIRROR: "https://a, https://b" },
            ]),
          }
        : {}),
    }),
  ],
  provision: [1, (dice) => ({ words: waiting(dice) })],
  upgrade: [1, (dice) => ({ words: waiting(dice) })],
  help: [
    4,
    (dice) => ({
      words: [...(dice.chance(0.9) ? [[dice.pick([...Object.keys(makers), "help", "h", "nope", "", "LS"])]] : [])],
    }),
  ],
  h: [1, (dice) => ({ words: [...maybe(dice, 0.7, dice.pick(Object.keys(makers)))] })],
  "": [0.5, onlyNames],
  LS: [0.5, onlyNames],
  machine: [0.5, onlyNames],
  "list ": [0.3, onlyNames],
};

const hosts = [
  "tcp://127.0.0.1:2376",
  "tcp://127.0.0.1:2399",
  "tcp://127.0.0.1:3376",
  "127.0.0.1:2376",
  "unix:///x",
  "",
];
const pathsFor = (dice: Dice): Words[] =>
  Array.from({ length: dice.pick([0, 1, 2, 2, 2, 2, 3]) }, () => [dice.pick(places)]);

/** What each command is asked to do, mixed as people and scripts mix it, wrong words among the right ones; each once. */
export function linesFrom(seed: number, count: number): Line[] {
  const dice = new Dice(seed);
  const deck = Object.entries(makers).flatMap(([name, [weight]]) => Array<string>(Math.round(weight * 10)).fill(name));
  const lines = Array.from({ length: count }, () => lineFrom(dice, deck));
  return [...new Map(lines.map((line) => [JSON.stringify(line), line])).values()];
}

function lineFrom(dice: Dice, deck: readonly string[]): Line {
  const store = dice.pick(["plain", "plain", "odd"] as const);
  const command = dice.pick(deck);
  const { words, env } = makers[command]![1](dice, store);
  const odd = dice.chance(0.16) ? [dice.pick(oddFlags)] : [];
  const before = dice.chance(0.1) ? dice.pick(globals) : [];
  const args = [...before, ...maybe(dice, 0.995, command).flat(), ...mixed(dice, [...words, ...odd]).flat()];
  const variables = dice.chance(0.03) ? { ...env, ...dice.pick(otherVariables) } : env;
  const asks = command === "rm" || command === "regenerate-certs";
  return {
    ...{ store, args },
    ...(variables === undefined ? {} : { env: variables }),
    ...(asks ? { stdin: dice.pick(answers) } : {}),
  };
}

const otherVariables = [
  { MACHINE_STORAGE_PATH: "<HOME>/nowhere" },
  { MACHINE_STORAGE_PATH: "" },
  { MACHINE_DEBUG: "false" },
  { MACHINE_DEBUG: "maybe" },
  { MACHINE_NATIVE_SSH: "maybe" },
  { MACHINE_TLS_CA_CERT: "" },
];

/** In another order, each flag with its value. */
function mixed(dice: Dice, words: readonly Words[]): Words[] {
  const left = [...words];
  const order: Words[] = [];
  while (left.length > 0) order.push(...left.splice(Math.floor(dice.next() * left.length), 1));
  return order;
}
