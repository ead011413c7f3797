import type { Host, Output, RunOptions } from "@machinist/core";
import { MachinistError } from "@machinist/core";
import type { Bundle } from "./bundle.ts";
import { transferOf } from "./carried.ts";
import { LOOK_CARRIED, REMOTE_ROOT, REMOVE_STALE } from "./remote-scripts.ts";

export const remoteFolder = (name: string): string => `${REMOTE_ROOT}/${name}`;

/** What a remote step needs to know of the call it belongs to. */
export interface Work {
  readonly signal: AbortSignal;
  readonly log: (message: string, level?: "debug" | "info" | "warn" | "error") => void;
}

/** Building and pulling take their time; nothing takes longer than this, in ms. */
const UP_MS = 20 * 60_000;
/** Reading all that was carried, in ms. */
const LOOK_MS = 10 * 60_000;

export const asRoot = (work: Work, timeoutMs = 60_000): RunOptions => ({ sudo: true, signal: work.signal, timeoutMs });

/**
 * Bring `FOLDER/project` into line with a bundle: what is not there is copied, what an earlier bundle had and this one has
 * not is removed. What was written to over there since it was carried stays, and is told.
 */
export async function uploadBundle(host: Host, folder: string, bundle: Bundle, work: Work): Promise<void> {
  const { send, kept, note } = transferOf(bundle, await carriedThere(host, folder, [...bundle.files.keys()], work));
  if (kept.length > 0) work.log(keptWords(host, `${folder}/project`, kept), "warn");
  if (send.size > 0) await host.upload(send, `${folder}/project`, { sudo: true, signal: work.signal });
  const names = [...bundle.files.keys()].map((name) => `${name}\n`).join("");
  const options = { mode: 0o600, sudo: true, signal: work.signal };
  await host.write(`${folder}/carried.new`, note, options);
  await host.write(`${folder}/files.new`, names, options);
  demand(
    await host.script(REMOVE_STALE, [folder], asRoot(work)),
    "compose.failed",
    `Tidying ${folder} on ${host.name} failed`,
    work,
  );
}

/** What a host tells of these files, and as what they were carried. */
async function carriedThere(host: Host, folder: string, names: readonly string[], work: Work): Promise<string> {
  const output = await host.run(["sh", "-c", LOOK_CARRIED, "sh", folder], {
    ...asRoot(work, LOOK_MS),
    stdin: names.map((name) => `${name}\n`).join(""),
  });
  demand(output, "compose.unreadable", `The files in ${folder} on ${host.name} cannot be looked at`, work);
  return output.stdout;
}

const MOST_NAMED = 5;

const keptWords = (host: Host, folder: string, kept: readonly string[]): string => {
  const named = kept.slice(0, MOST_NAMED).join(", ");
  const others = kept.length > MOST_NAMED ? ` and ${kept.length - MOST_NAMED} others` : "";
  return (
    `Kept on ${host.name}, because it was written to there since it was carried: ${named}${others}. ` +
    `To have yours instead, remove it in ${folder} there, and type up again.`
  );
};

/** Run docker, its output going to the log as it comes. */
export const whileLogging = (work: Work): RunOptions => {
  let rest = "";
  return {
    ...asRoot(work, UP_MS),
    onOutput: (text) => {
      const lines = `${rest}${text}`.split(/\r?\n/);
      rest = lines.pop() ?? "";
      for (const line of lines) if (line.trim() !== "") work.log(line.trimEnd(), "debug");
    },
  };
};

const SHOWN_LINES = 8;

/** Throws docker's own last words where a command failed. */
export function demand(output: Output, code: string, sentence: string, work: Work): Output {
  if (output.code === 0) return output;
  const lines = `${output.stderr}\n${output.stdout}`.split(/\r?\n/).filter((line) => line.trim() !== "");
  const said = output.stderr.trim() === "" ? lines : output.stderr.split(/\r?\n/).filter((line) => line.trim() !== "");
  const shown = said.slice(-SHOWN_LINES);
  for (const line of shown) work.log(line, "error");
  const missing = /is not a docker command|unknown (shorthand )?flag: 'p'|unknown command: docker compose/.test(
    output.stderr,
  );
  if (missing)
    throw new MachinistError("compose.missing", "Docker there has no compose command (the compose plugin, version 2)", {
      hint: "Install it there: the package docker-compose-plugin of docker's repository, or docker-compose 2 of the distribution.",
    });
  throw new MachinistError(code, `${sentence}: ${shown.at(-1)?.trim() ?? `exit code ${output.code}`}`, {
    cause: new Error(shown.join("\n")),
  });
}
