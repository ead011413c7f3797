import { randomBytes } from "node:crypto";
import { createWriteStream } from "node:fs";
import { chmod, cp, lstat, mkdir, readdir, readFile, rename, rm } from "node:fs/promises";
import { basename, dirname, join, resolve } from "node:path";
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { createGzip } from "node:zlib";
import { isMachinistError, MachinistError, writeAtomic } from "@machinist/core";
import { contextsScript, readme, useScript } from "./bundle-texts.ts";

/** What a person needs to reach engines. `key` is theirs alone: it is kept nowhere once it was handed over. */
export interface Bundle {
  readonly name: string;
  readonly ca: string;
  readonly cert: string;
  readonly key: string;
  /** `tcp://host:port` of each machine. */
  readonly urls: ReadonlyMap<string, string>;
}

/** Where in a store's `certs` folder a bundle waits until it is handed over. */
export const stagedAt = (certsFolder: string, name: string): string =>
  join(certsFolder, "access", `.${name}.to-hand-over`);

/** Write a bundle's files; whatever was begun there before is replaced. */
export async function stage(place: string, bundle: Bundle): Promise<void> {
  await rm(place, { recursive: true, force: true });
  await mkdir(place, { recursive: true, mode: 0o700 });
  const files: [name: string, content: string, mode: number][] = [
    ["ca.pem", bundle.ca, 0o600],
    ["key.pem", bundle.key, 0o600],
    ["use", useScript(bundle.urls), 0o700],
    ["contexts", contextsScript(bundle.urls), 0o700],
    ["README.md", readme(bundle.name, bundle.urls), 0o600],
    // Last: with it the bundle is whole.
    ["cert.pem", bundle.cert, 0o600],
  ];
  for (const [name, content, mode] of files) await writeAtomic(join(place, name), content, mode);
}

/** Whether a folder is the bundle of a certificate. */
export const hasBundle = async (place: string, cert: string): Promise<boolean> =>
  (await readFile(join(place, "cert.pem"), "utf8").catch(() => undefined)) === cert;

/** Whether what was asked for is there; an archive is believed by its name, since nothing else puts one in its place. */
export const isHandedOver = async (output: string, cert: string): Promise<boolean> =>
  isArchive(output)
    ? lstat(output).then(
        () => true,
        () => false,
      )
    : hasBundle(output, cert);

/** Throws `access.output` where there is something already. */
export async function refuseTaken(output: string): Promise<void> {
  const there = await lstat(output).catch((cause: NodeJS.ErrnoException) => {
    if (cause.code === "ENOENT") return undefined;
    throw unwritten(output, cause);
  });
  if (there)
    throw new MachinistError("access.output", `${output} is there already`, {
      hint: "Remove it, or choose another place with --output",
    });
}

/** Bring a bundle from where it waits to where it was asked for, whole, and keep no copy of it. */
export async function handOver(place: string, output: string, cert: string): Promise<void> {
  if (!(await hasBundle(place, cert))) return;
  const target = resolve(output);
  const temporary = join(dirname(target), `.${basename(target)}.${randomBytes(6).toString("hex")}.tmp`);
  try {
    if (!(await hasBundle(target, cert))) {
      await refuseTaken(target);
      await mkdir(dirname(target), { recursive: true });
      if (isArchive(target)) await pack(place, temporary, basename(target).replace(/\.(tar\.gz|tgz)$/, ""));
      else {
        await cp(place, temporary, { recursive: true });
        await chmod(temporary, 0o700);
      }
      await rename(temporary, target);
    }
    await rm(place, { recursive: true, force: true });
  } catch (cause) {
    if (isMachinistError(cause)) throw cause;
    throw unwritten(target, cause);
  } finally {
    await rm(temporary, { recursive: true, force: true });
  }
}

const isArchive = (path: string): boolean => /\.(tar\.gz|tgz)$/.test(path);

async function pack(place: string, into: string, folder: string): Promise<void> {
  const { tarOf } = await import("@machinist/ssh");
  const names = (await readdir(place)).sort();
  const files = names.map((name) => [`${folder}/${name}`, join(place, name)] as const);
  await pipeline(Readable.from(tarOf(files)), createGzip(), createWriteStream(into, { mode: 0o600, flags: "wx" }));
}

const unwritten = (path: string, cause: unknown): MachinistError =>
  new MachinistError(
    "access.output",
    `${path} cannot be written: ${(cause as NodeJS.ErrnoException).code ?? "failed"}`,
    {
      cause,
      hint: "Choose another place with --output, then type the same command again",
    },
  );
