import { randomBytes } from "node:crypto";
import { isAbsolute } from "node:path";
import { MachinistError } from "@machinist/core";
import { attempt, findProgram, lastWords } from "@machinist/programs";
import type { Launch } from "../json/program.ts";
import { isOpen, proxies } from "../json/surroundings.ts";

type Env = Readonly<Record<string, string | undefined>>;

/** How long an image may take to come, in ms. */
const PULL_MS = 10 * 60_000;
const ASK_MS = 30_000;

/** Folders of the engine's computer that containers of drivers may use, separated by colons. */
const MOUNTS = "MACHINIST_DRIVER_MOUNTS";

/**
 * The command of a container engine, docker or podman: that of this computer, or of a machine, by docker's own variables
 * (`DOCKER_CONTEXT`, `DOCKER_HOST`). Throws `plugin.no-engine`.
 */
export class ContainerEngine {
  readonly #program: string;
  readonly #env: Env;

  constructor(env: Env) {
    const found = findProgram("docker", env) ?? findProgram("podman", env);
    if (found === undefined)
      throw new MachinistError(
        "plugin.no-engine",
        "A driver that is an image needs docker or podman, and neither is here",
        {
          hint: "Install one; docker's command alone is enough where a machine of yours runs it: DOCKER_CONTEXT=MACHINE",
        },
      );
    this.#program = found;
    this.#env = env;
  }

  /** Have the image, from its registry where the engine lacks it. Throws `plugin.image`. */
  async fetch(image: string, signal: AbortSignal): Promise<void> {
    const there = await this.#ask(["image", "inspect", "--format", "{{.Id}}", "--", image], ASK_MS, signal);
    if (there.code === 0) return;
    const pulled = await this.#ask(["pull", "--quiet", "--", image], PULL_MS, signal);
    if (pulled.code === 0) return;
    throw new MachinistError(
      "plugin.image",
      `The image ${image} cannot be had: ${lastWords(pulled.stderr) || "no reason given"}`,
      {
        hint: "Look whether its name is right and the engine answers: docker pull, docker info",
      },
    );
  }

  /**
   * How a container of the image is started, with nothing but the variables that are named; the command itself has all. It has no rights that a program
   * of this user would not have, and fewer: no capabilities, and no files but those of $MACHINIST_DRIVER_MOUNTS.
   */
  launch(image: string, variables: readonly string[]): Launch {
    const name = `machinist-driver-${randomBytes(6).toString("hex")}`;
    // The way to the net reaches a container whether or not its driver asks for it.
    const way = proxies.filter((variable) => isOpen(this.#env[variable]));
    const given = [...new Set([...variables, ...way])].filter((variable) => this.#env[variable] !== undefined);
    const mounts = mountsIn(this.#env[MOUNTS] ?? "");
    const argv = [
      ...[this.#program, "run", "--rm", "--interactive", "--name", name],
      ...["--cap-drop", "ALL", "--security-opt", "no-new-privileges"],
      ...mounts.flatMap((folder) => ["--mount", `type=bind,source=${folder},target=${folder}`]),
      ...given.flatMap((variable) => ["--env", variable]),
      ...["--", image],
    ];
    // Its command was ended; what it started in the engine may not have.
    const abandon = () => void this.#ask(["rm", "--force", "--", name], ASK_MS).catch(() => {});
    return { argv, env: this.#env, abandon };
  }

  #ask(words: readonly string[], timeoutMs: number, signal?: AbortSignal) {
    return attempt([this.#program, ...words], { env: this.#env, timeoutMs, ...(signal ? { signal } : {}) });
  }
}

/** Throws `plugin.mounts`. */
function mountsIn(text: string): string[] {
  const folders = text.split(":").filter((folder) => folder !== "");
  const wrong = folders.find((folder) => !isAbsolute(folder) || folder.includes(","));
  if (wrong === undefined) return folders;
  throw new MachinistError(
    "plugin.mounts",
    `$${MOUNTS} has ${JSON.stringify(wrong)}, which is no absolute path without commas`,
    {
      hint: `Give folders as PATH does: ${MOUNTS}=/srv/one:/srv/two`,
    },
  );
}
