import { mkdirSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import type { Random } from "@machinist/testkit";
import type { Local } from "./compare.ts";

/** A value with one of compose's own tags before it. */
class Tagged {
  readonly tag: string;
  readonly value: unknown;
  constructor(tag: string, value: unknown) {
    this.tag = tag;
    this.value = value;
  }
}

/** YAML in its flow form, which is JSON but for tags, anchors and aliases. */
function written(value: unknown): string {
  if (value instanceof Tagged) return `${value.tag} ${written(value.value)}`;
  if (Array.isArray(value)) return `[${value.map(written).join(", ")}]`;
  if (typeof value === "object" && value !== null) {
    const entries = Object.entries(value).map(
      ([key, each]) => `${key === "<<" ? key : JSON.stringify(key)}: ${written(each)}`,
    );
    return `{ ${entries.join(", ")} }`;
  }
  return JSON.stringify(value ?? null);
}

/** One top-level key a line, and one service, so that a place in a difference can be found. */
function document(content: { readonly [key: string]: unknown }): string {
  const lines = Object.entries(content).map(([key, value]) =>
    key === "services"
      ? `services:\n${Object.entries(value as object)
          .map(([name, each]) => `  ${name}: ${written(each)}`)
          .join("\n")}`
      : `${key}: ${written(value)}`,
  );
  return `${lines.join("\n")}\n`;
}

/** How likely a place is to hold something that compose refuses, where it may. Whole projects hold many such places. */
const MISTAKE = 0.01;

/** A random project below a folder, which holds nothing but what it is made of. */
export function generate(random: Random, home: string): Local {
  return new Making(random, home).project();
}

class Making {
  readonly #random: Random;
  readonly #home: string;
  readonly #folder: string;
  #files = 0;

  constructor(random: Random, home: string) {
    this.#random = random;
    this.#home = home;
    this.#folder = join(home, this.#pick(["shop", "shop", "my shop", "a/b"]));
  }

  project(): Local {
    this.#put(join(this.#folder, ".env"), this.#variables());
    const first = this.#content(["web", "db", "job"].slice(0, 1 + this.#random.below(3)), this.#folder, 2);
    this.#put(join(this.#folder, "compose.yaml"), document(first));
    const files = ["compose.yaml"];
    if (this.#chance(0.4)) {
      this.#put(join(this.#folder, "more.yaml"), this.#override(first));
      files.push("more.yaml");
    }
    const environment = { HOME: this.#home, A: "from-here", SECRET: "s3" };
    const env = this.#chance(0.3) ? ["A", "SECRET"] : [];
    const profiles = this.#chance(0.2) ? [this.#pick(["debug", "*", "other"])] : undefined;
    return { folder: this.#folder, files, environment, env, ...(profiles ? { profiles } : {}) };
  }

  #content(names: readonly string[], base: string, depth: number): { [key: string]: unknown } {
    const services: { [name: string]: unknown } = {};
    for (const name of names) services[name] = this.#service(name, services, base, depth);
    const content: { [key: string]: unknown } = { services };
    content.volumes = {
      data: null,
      ...(this.#chance(0.2) ? { bound: { driver_opts: { type: "none", o: "bind", device: this.#device(base) } } } : {}),
    };
    content.secrets = { s: this.#chance(0.3) ? { environment: "A" } : { file: this.#fileAt(base, "txt") } };
    content.configs = { c: this.#chance(0.2) ? { content: this.#text() } : { file: this.#fileAt(base, "conf") } };
    content.networks = { front: null };
    if (this.#chance(0.2)) content["x-note"] = this.#text();
    if (depth > 0 && this.#chance(0.25)) content.include = [this.#include(base, depth)];
    return content;
  }

  /** `above`: the services that there are already; what refers to others comes to no circle then. */
  #service(
    name: string,
    above: { readonly [name: string]: unknown },
    base: string,
    depth: number,
  ): { [key: string]: unknown } {
    const others = this.#mistaken() ? [name] : Object.keys(above);
    const service: { [key: string]: unknown } = {
      image: this.#pick(["busybox", "img:${A}", "img:${NONE:-x}", "i${E-y}"]),
    };
    const maybe = (chance: number, key: string, value: () => unknown) => {
      if (this.#chance(chance)) service[key] = value();
    };
    maybe(0.4, "environment", () => this.#environment());
    maybe(0.4, "env_file", () => this.#envFiles(base));
    maybe(0.5, "volumes", () => this.#volumes(base));
    maybe(0.25, "profiles", () => [this.#pick(["debug", "${P:-other}", "db"])]);
    maybe(0.3, "deploy", () => ({
      replicas: this.#pick([0, 1, 2, "${N:-0}", this.#mistaken() ? "${N2}" : "${N2:-1}"]),
    }));
    if (service.deploy === undefined || this.#mistaken()) maybe(0.1, "scale", () => this.#pick([0, 2]));
    maybe(0.25, "secrets", () => [this.#pick<unknown>(["s", { source: "s", target: "t" }])]);
    maybe(0.25, "configs", () => ["c"]);
    maybe(0.25, "build", () => this.#build(base));
    // Where it is extended, the others are not there.
    if (others.length > 0 && (depth > 1 || this.#mistaken())) maybe(0.3, "depends_on", () => this.#dependsOn(others));
    maybe(0.2, "labels", () => ({ l: this.#text() }));
    maybe(0.2, "command", () => this.#text());
    maybe(0.2, "networks", () => ["front"]);
    if (depth > 0) maybe(0.25, "extends", () => this.#extends(others, base, depth));
    return service;
  }

  /** One that is not started is missed unless it may be. */
  #dependsOn(others: readonly string[]): unknown {
    if (this.#mistaken()) return [this.#pick(others)];
    return { [this.#pick(others)]: { condition: "service_started", required: false } };
  }

  #extends(others: readonly string[], base: string, depth: number): unknown {
    if (others.length > 0 && this.#chance(0.3)) return { service: this.#pick(others) };
    const path = join(this.#near(base, ["", "sub", "..", "sub/deep"]), `base${this.#files++}.yaml`);
    this.#put(path, document(this.#content(["base", "other"], dirname(path), depth - 1)));
    return {
      file: this.#way(base, path, false),
      service: this.#mistaken() ? "missing" : this.#pick(["base", "base", "other"]),
    };
  }

  #include(base: string, depth: number): unknown {
    const path = join(this.#near(base, ["inc", "../inc"]), `inc${this.#files++}.yaml`);
    const content = this.#content([`inc${this.#files}`], dirname(path), depth - 1);
    const { services, include } = content;
    this.#put(path, document({ services: onlyOwn(services), ...(include ? { include } : {}) }));
    if (this.#chance(0.5)) this.#put(join(dirname(path), ".env"), this.#variables());
    const way = this.#way(base, path, false);
    if (this.#chance(0.5)) return way;
    const own = this.#chance(0.5) ? { project_directory: this.#way(base, base, false) } : {};
    return { path: this.#chance(0.5) ? [way] : way, ...own };
  }

  #override(first: { [key: string]: unknown }): string {
    const names = Object.keys(first.services as object);
    const name = this.#pick(names);
    const service = this.#pick<() => unknown>([
      () => ({ environment: { X: this.#text() } }),
      () => ({ env_file: new Tagged("!override", this.#envFiles(this.#folder)) }),
      () => ({ env_file: this.#envFiles(this.#folder) }),
      () => ({ volumes: this.#volumes(this.#folder) }),
      () => ({ volumes: new Tagged("!override", this.#volumes(this.#folder)) }),
      () => ({ volumes: new Tagged("!reset", []) }),
      () => ({ build: new Tagged("!reset", null), image: "busybox" }),
      () => ({ profiles: ["debug"] }),
      () => (names.length > 1 ? new Tagged("!reset", null) : { stop_signal: "SIGINT" }),
      () => (this.#has(first, name, "scale") ? { scale: 2 } : { deploy: { replicas: 3 } }),
      () => (this.#has(first, name, "deploy") ? { deploy: { replicas: 1 } } : { scale: 2 }),
    ])();
    const more = document({ services: { [name]: service } });
    if (this.#chance(0.2)) return "# nothing but a comment\n";
    return this.#chance(0.2) ? `${more}---\nservices: { added: { image: busybox, env_file: [] } }\n` : more;
  }

  #environment(): unknown {
    if (this.#chance(0.5))
      return { T: this.#text(), HERE: "$PWD", OWN: "${HOME}/x", ...(this.#chance(0.3) ? { A: null } : {}) };
    return [`T=${this.#text()}`, "A", "W=${PWD}"];
  }

  #envFiles(base: string): unknown {
    const file = () =>
      this.#pick<() => unknown>([
        () => this.#envFile(base),
        () => this.#envFile(base),
        () => ({ path: this.#envFile(base), required: true }),
        () => ({ path: "./not-there.env", required: false }),
        () => (this.#mistaken() ? "./not-there.env" : this.#envFile(base)),
      ])();
    if (this.#chance(0.3)) return this.#envFile(base);
    return Array.from({ length: 1 + this.#random.below(3) }, file);
  }

  #envFile(base: string): string {
    const path = join(this.#near(base, ["", "env", "../env"]), `e${this.#files++}.env`);
    this.#put(path, this.#variables());
    return this.#way(base, path);
  }

  #volumes(base: string): unknown {
    const target = () => this.#pick(["/a", "/b", "/c:ro", "/d"]);
    const one = () =>
      this.#pick<() => unknown>([
        () => `${this.#folderAt(base)}:${target()}`,
        () => `${this.#fileAt(base, "conf")}:${target()}`,
        () => `data:${target()}`,
        () => "/anonymous",
        () => `/var/run/docker.sock:${target()}`,
        () => `${this.#pick(["./made", "./made-${A}"])}:${target()}`,
        () => ({
          type: "bind",
          source: this.#folderAt(base),
          target: "/e",
          ...(this.#chance(0.3) ? { bind: { create_host_path: false } } : {}),
        }),
        () => ({ type: "volume", source: "data", target: "/f" }),
        () => ({ type: "tmpfs", target: "/g" }),
        () => "~/theirs:/h",
      ])();
    return Array.from({ length: 1 + this.#random.below(3) }, one);
  }

  #build(base: string): unknown {
    const path = join(this.#near(base, ["app", "../app", "app/deep"]), `b${this.#files++}`);
    const named = this.#chance(0.3) ? "docker/Web.Dockerfile" : undefined;
    this.#put(join(path, named ?? "Dockerfile"), "FROM busybox\n");
    this.#put(join(path, "src/a.txt"), "a");
    const context = this.#way(base, path);
    if (named === undefined && this.#chance(0.5)) return context;
    const others = this.#chance(0.3)
      ? { additional_contexts: this.#pick<unknown>([{ lib: this.#folderAt(base) }, [`lib=${this.#folderAt(base)}`]]) }
      : {};
    const dockerfile = named === undefined ? {} : { dockerfile: named };
    return { context, ...dockerfile, args: { V: this.#text() }, ...others };
  }

  #fileAt(base: string, ending: string): string {
    const path = join(this.#near(base, ["", "conf", "../shared"]), `f${this.#files++}.${ending}`);
    this.#put(path, `${path.length}\n`);
    return this.#way(base, path);
  }

  #folderAt(base: string): string {
    const path = join(this.#near(base, ["", "dirs", "../shared"]), `d${this.#files++}`);
    this.#put(join(path, "in/side"), "x");
    return this.#way(base, path);
  }

  /** The engine reads this path: compose leaves it as it is written. */
  #device(base: string): string {
    const path = join(this.#folder, `d${this.#files++}`);
    this.#put(join(path, "in/side"), base);
    return `\${PWD}${path.slice(this.#folder.length)}`;
  }

  /** How a file is named from a folder. */
  #way(base: string, path: string, tilde = true): string {
    const relative = this.#relative(base, path);
    const forms = [relative, relative, relative, `\${NONE:-${relative}}`];
    if (path.startsWith(`${this.#folder}/`)) forms.push(`\${PWD}${path.slice(this.#folder.length)}`);
    if (path.startsWith(`${this.#folder}/`))
      forms.push(...(tilde ? [`~${path.slice(this.#home.length)}`] : []), `$HOME${path.slice(this.#home.length)}`);
    return this.#pick(forms);
  }

  #relative(base: string, path: string): string {
    const [from, to] = [base.split("/"), path.split("/")];
    while (from.length > 0 && from[0] === to[0]) {
      from.shift();
      to.shift();
    }
    return [...(from.length === 0 ? ["."] : from.map(() => "..")), ...to].join("/");
  }

  #variables(): string {
    const lines = [
      "A=1",
      "export B=${A}2",
      "E=",
      "N=2",
      'Q="x\\ty $A"',
      "S='$A'",
      "D=a#b",
      "C=c # no",
      'M="l1\nl2"',
      "U=${NOT}x",
      "P=db",
      "N2=1",
      "R=$A-${B:-q}",
      "COMPOSE_PROFILES=db",
      "# c",
      "",
      'Z="a\\"b"',
      "V: v",
    ];
    return `ALWAYS=1\n${lines.filter(() => this.#chance(0.6)).join("\n")}\n`;
  }

  #text(): string {
    return this.#pick([
      "plain",
      "$A",
      "${B}",
      "${A:-d}",
      "${E:-d}",
      "${E-d}",
      "${A:+s}",
      "${NONE:+s}",
      "${NONE-${A}}",
      "$$A",
      "a$",
      "$5",
      "${Q}",
      "${M}",
      "${R}",
      "${U}",
      "${Z}",
      "${V}",
      this.#mistaken() ? "${A:?needed}" : "${ALWAYS:?needed}",
      "~/x",
      "é$A",
      "${D}${C}${S}",
    ]);
  }

  /** A folder near another, inside this project's home. */
  #near(base: string, ways: readonly string[]): string {
    return this.#pick(ways.map((way) => join(base, way)).filter((path) => this.#isOwn(path)));
  }

  #isOwn(path: string): boolean {
    return path === this.#home || path.startsWith(`${this.#home}/`);
  }

  #put(path: string, text: string): void {
    if (!this.#isOwn(path)) throw new Error(`${path} would be written outside ${this.#home}`);
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, text);
  }

  #has(content: { [key: string]: unknown }, name: string, key: string): boolean {
    return key in (content.services as { [name: string]: object })[name]!;
  }

  #mistaken = (): boolean => this.#chance(MISTAKE);
  #chance = (of: number): boolean => this.#random.chance(of);
  #pick = <T>(from: readonly T[]): T => from[this.#random.below(from.length)]!;
}

/** What is included declares its own of what it uses; here it uses nothing. */
function onlyOwn(services: unknown): unknown {
  return Object.fromEntries(
    Object.entries(services as { [name: string]: { [key: string]: unknown } }).map(([name, service]) => {
      const { secrets: _s, configs: _c, networks: _n, depends_on: _d, volumes, ...rest } = service;
      const binds = Array.isArray(volumes)
        ? volumes.filter((each) => !JSON.stringify(each).includes("data"))
        : undefined;
      return [name, { ...rest, ...(binds ? { volumes: binds } : {}) }];
    }),
  );
}
