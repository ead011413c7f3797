import { basename } from "node:path";
import type { Host, Output, RunOptions } from "@machinist/core";
import { MachinistError } from "@machinist/core";
import type { Bundle } from "./bundle.ts";
import { LOOK_CARRIED, READ_NOTE, TIDY_CARRIED } from "./remote-scripts.ts";
import { readNote, readThere, type Transfer, transferOf } from "./transfer.ts";

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

/** Bring `FOLDER/project` into line with a bundle. What was written to over there since it was carried stays, and is told. */
export async function uploadBundle(
  host: Host,
  folder: string,
  bundle: Bundle,
  work: Work,
  overwrite = false,
): Promise<void> {
  const transfer = await transferTo(host, folder, bundle, work, overwrite);
  if (transfer.kept.length > 0) work.log(keptWords(host.name, transfer.kept, basename(folder)), "warn");
  await tidy(host, folder, transfer, work);
  const options = { sudo: true, signal: work.signal };
  if (transfer.send.size > 0) await host.upload(transfer.send, `${folder}/project`, options);
  await host.write(`${folder}/carried`, transfer.note, { ...options, mode: 0o600 });
}

/** What an upload would do. Changes nothing. */
export async function transferTo(
  host: Host,
  folder: string,
  { files }: Bundle,
  work: Work,
  overwrite = false,
): Promise<Transfer> {
  const output = await host.script(READ_NOTE, [folder], asRoot(work));
  demand(output, "compose.unreadable", `The files in ${folder} on ${host.name} cannot be looked at`, work);
  const noted = readNote(output.stdout);
  const names = [...new Set([...files.keys(), ...(noted?.keys() ?? [])])];
  return transferOf(files, noted, await thereNow(host, folder, names, work), overwrite);
}

async function thereNow(
  host: Host,
  folder: string,
  names: readonly string[],
  work: Work,
): Promise<Map<string, string>> {
  const output = await host.run(["sh", "-c", LOOK_CARRIED, "sh", folder], {
    ...asRoot(work, LOOK_MS),
    stdin: names.map((name) => `${name}\0`).join(""),
  });
  demand(output, "compose.unreadable", `The files in ${folder} on ${host.name} cannot be looked at`, work);
  return readThere(output.stdout);
}

async function tidy(host: Host, folder: string, { remove, folders }: Transfer, work: Work): Promise<void> {
  if (remove.length + folders.length === 0) return;
  const fields = [
    ...remove.flatMap((name) => ["r", "-", "-", name]),
    ...folders.flatMap(({ name, mode, owner }) => ["m", mode.toString(8), `${owner.uid}:${owner.gid}`, name]),
  ];
  const output = await host.run(["sh", "-c", TIDY_CARRIED, "sh", folder], {
    ...asRoot(work, LOOK_MS),
    stdin: fields.map((field) => `${field}\0`).join(""),
  });
  demand(output, "compose.failed", `Tidying ${folder} on ${host.name} failed`, work);
}

const MOST_NAMED = 5;

/** Some names, and how many others there are. */
export const namesInWords = (names: readonly string[]): string => {
  const others = names.length > MOST_NAMED ? ` and ${names.length - MOST_NAMED} others` : "";
  return `${names.slice(0, MOST_NAMED).join(", ")}${others}`;
};

const keptWords = (host: string, kept: readonly string[], project: string): string =>
  `Kept on ${host}, modified there since the last upload: ${namesInWords(kept)}. ` +
  `To replace what is there: machinist up --overwrite-data ${project}`;

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
  throw failureOf(output, code, sentence, work);
}

/** What a command that failed says of it. */
export function failureOf(output: Output, code: string, sentence: string, work: Work): MachinistError {
  const lines = `${output.stderr}\n${output.stdout}`.split(/\r?\n/).filter((line) => line.trim() !== "");
  const said = output.stderr.trim() === "" ? lines : output.stderr.split(/\r?\n/).filter((line) => line.trim() !== "");
  const shown = said.slice(-SHOWN_LINES);
  for (const line of shown) work.log(line, "error");
  const missing = /is not a docker command|unknown (shorthand )?flag: 'p'|unknown command: docker compose/.test(
    output.stderr,
  );
  if (missing)
    return new MachinistError(
      "compose.missing",
      "Docker there has no compose command (the compose plugin, version 2)",
      {
        hint: "Install it there: the package docker-compose-plugin of docker's repository, or docker-compose 2 of the distribution.",
      },
    );
  return new MachinistError(code, `${sentence}: ${shown.at(-1)?.trim() ?? `exit code ${output.code}`}`, {
    cause: new Error(shown.join("\n")),
    hint: "Repair what Docker names, then run the command again; with -D it prints all that Docker wrote",
  });
}
