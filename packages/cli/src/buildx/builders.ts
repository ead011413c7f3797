import { join } from "node:path";
import { MachinistError } from "@machinist/core";
import type { Machinist } from "@machinist/fleet";
import { attempt, type Ended, lastWords } from "@machinist/programs";

export interface BuilderNode {
  readonly machine: string;
  /** As buildx names it: `linux/arm64`. */
  readonly platform: string;
}

interface Where {
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly signal: AbortSignal;
}

/** What Docker calls processors, as buildx calls them. */
const platforms: Readonly<Record<string, string>> = {
  x86_64: "linux/amd64",
  aarch64: "linux/arm64",
  armv7l: "linux/arm/v7",
  ppc64le: "linux/ppc64le",
  s390x: "linux/s390x",
  riscv64: "linux/riscv64",
};

/** Builders of buildx, made and removed by docker's own command line. */
export class Builders {
  readonly #where: Where;

  constructor(where: Where) {
    this.#where = where;
  }

  /**
   * A builder with a node on each machine. Where no docker context bears a machine's name, one is made. Throws `buildx.missing`,
   * `buildx.failed`, and what keeps a machine from being reached, before anything is made.
   */
  async create(
    builder: string,
    machines: readonly string[],
    machinist: Pick<Machinist, "connection" | "engine">,
  ): Promise<BuilderNode[]> {
    await this.#must(["buildx", "version"], "buildx.missing");
    const nodes = await Promise.all(
      machines.map(async (machine): Promise<BuilderNode> => {
        const engine = await machinist.engine(machine, { signal: this.#where.signal });
        const { Architecture = "" } = await engine.request<{ Architecture?: string }>("GET", "/info", this.#where);
        return { machine, platform: platforms[Architecture] ?? `linux/${Architecture}` };
      }),
    );
    for (const [index, { machine, platform }] of nodes.entries()) {
      await this.#context(machine, machinist);
      const append = index === 0 ? [] : ["--append"];
      const how = ["--driver", "docker-container", "--node", machine, "--platform", platform];
      await this.#must(["buildx", "create", "--name", builder, ...append, ...how, machine]);
    }
    return nodes;
  }

  async remove(builder: string): Promise<void> {
    await this.#must(["buildx", "rm", builder]);
  }

  async #context(machine: string, machinist: Pick<Machinist, "connection">): Promise<void> {
    if ((await this.#docker(["context", "inspect", machine])).code === 0) return;
    const { url, certPath, tls } = await machinist.connection(machine);
    const file = (name: string) => join(certPath, `${name}.pem`);
    const secured = tls ? `,ca=${file("ca")},cert=${file("cert")},key=${file("key")}` : "";
    await this.#must(["context", "create", machine, "--docker", `host=${url}${secured}`]);
  }

  async #must(words: readonly string[], code = "buildx.failed"): Promise<void> {
    const { code: ended, stderr } = await this.#docker(words);
    if (ended === 0) return;
    if (code === "buildx.missing")
      throw new MachinistError("buildx.missing", "docker has no buildx here", {
        hint: "Install docker's plugin: the package docker-buildx-plugin, or docker-buildx",
      });
    const told = lastWords(stderr) || "it said nothing";
    throw new MachinistError("buildx.failed", `docker ${words.slice(0, 2).join(" ")} failed: ${told}`, {
      hint: "See which builders and contexts docker has: docker buildx ls, docker context ls",
    });
  }

  #docker(words: readonly string[]): Promise<Ended> {
    const { env, signal } = this.#where;
    return attempt(["docker", ...words], { env, signal, timeoutMs: 60_000, hint: "Install docker's command line" });
  }
}
