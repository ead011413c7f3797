import { MachinistError } from "@machinist/core";
import { type DockerInfo, parseDockerInfo } from "./docker-info.ts";
import { lastLines } from "./failure.ts";
import { PROBE_SCRIPT } from "./probe-script.ts";
import type { Reach } from "./reach.ts";
import { openrcService, type Service, systemdService, unitEnvironment } from "./service.ts";

/** What one look at a host tells. */
export interface Facts {
  readonly os: OsRelease;
  /** As `uname -m` says. */
  readonly arch: string;
  readonly hostname: string;
  readonly init: "systemd" | "openrc" | "none";
  /** Path of dockerd, if it is installed. */
  readonly dockerd: string | undefined;
  /** Size and time of dockerd: another value means another version. */
  readonly binary: string;
  readonly compose: boolean;
  readonly cloudInit: boolean;
  /** Some container runs. */
  readonly containers: boolean;
  /** It is a node of a Swarm. */
  readonly swarm: boolean;
  readonly active: boolean;
  readonly enabled: boolean;
  /** The service manager runs with an older reading of the unit. */
  readonly stale: boolean;
  /** The command line that is in force, all drop-ins considered. */
  readonly exec: string;
  readonly service: Service;
  /** What dockerd says; undefined where it does not answer. */
  readonly info: DockerInfo | undefined;
  /** SHA-256 and octal mode of the file with the daemon's environment. */
  readonly envDigest: string | undefined;
  readonly envMode: string | undefined;
  readonly keyDigest: string | undefined;
  /** Octal mode of the server key. */
  readonly keyMode: string | undefined;
  /** Texts by short name: hosts, marker, daemon-json, ca, server, drop-in, earlier-drop-in, docker-machine, openrc. */
  readonly files: { readonly [name: string]: string | undefined };
}

export interface OsRelease {
  readonly id: string;
  /** ID_LIKE's words, nearest first. */
  readonly like: readonly string[];
  readonly version: string;
  readonly codename: string;
  readonly name: string;
}

/** Look at a host. Throws `provision.probe` where the answer is not whole. */
export async function probe(reach: Reach): Promise<Facts> {
  const output = await reach.script(PROBE_SCRIPT);
  const said = lastLines(output, 3).slice(-300);
  // A shell that is not there, or may not be run, will not be there a moment later either.
  if (output.code === 126 || output.code === 127) throw unexamined(`it runs no sh${said && ` (${said})`}`, false);
  return parseFacts(output.stdout, () => `exit code ${output.code}${said && `, ${said}`}`);
}

const unexamined = (why: string, retryable: boolean): MachinistError =>
  new MachinistError("provision.probe", `The host could not be examined: ${why}`, {
    retryable,
    hint: "Check that its user has a shell, and that the host has sh, base64, sha256sum, stat and sed.",
  });

/** Facts from the probe's output, which may follow other output. */
export function parseFacts(output: string, problem = () => "its answer is cut off or unreadable"): Facts {
  const values = new Map<string, string>();
  const start = output.lastIndexOf("begin=machinist-facts\n");
  for (const line of (start < 0 ? "" : output.slice(start)).split("\n")) {
    const at = line.indexOf("=");
    if (at > 0) values.set(line.slice(0, at), line.slice(at + 1));
  }
  if (values.get("end") !== "machinist-facts") throw unexamined(problem(), true);
  const files: { [name: string]: string } = {};
  for (const [key, value] of values) {
    if (key.startsWith("file:")) files[key.slice(5)] = textOf(Buffer.from(value, "base64"));
  }
  const init = values.get("init");
  const info = parseDockerInfo(files.info);
  const filesNamed = (prefix: string): [string, string][] =>
    Object.entries(files).flatMap(([name, text]) =>
      name.startsWith(prefix) ? [[name.slice(prefix.length), text]] : [],
    );
  return {
    os: parseOsRelease(files["os-release"] ?? ""),
    arch: values.get("arch") ?? "",
    hostname: values.get("hostname") ?? "",
    init: init === "systemd" || init === "openrc" ? init : "none",
    dockerd: values.get("dockerd") || undefined,
    binary: values.get("binary") ?? "",
    compose: values.has("compose"),
    cloudInit: values.has("cloud-init"),
    containers: values.has("containers"),
    swarm: info?.swarm ?? values.has("swarm"),
    active: values.get("systemd:ActiveState") === "active",
    enabled: values.get("systemd:UnitFileState") === "enabled",
    stale: values.get("systemd:NeedDaemonReload") === "yes",
    exec: values.get("systemd:ExecStart") ?? "",
    service:
      init === "openrc"
        ? openrcService(files.openrc)
        : systemdService(
            filesNamed("unit:").map(([path, text]) => ({ path, text })),
            unitEnvironment(
              values.get("systemd:Environment") ?? "",
              filesNamed("env:").map(([, text]) => text),
            ),
            { masked: values.get("systemd:LoadState") === "masked", foreign: values.get("foreign") },
          ),
    info,
    envDigest: values.get("env-digest"),
    envMode: values.get("env-mode"),
    keyDigest: values.get("key-digest"),
    keyMode: values.get("key-mode"),
    files,
  };
}

/** As dockerd reads a file: with or without a byte order mark, which is no part of it. */
function textOf(bytes: Buffer): string {
  const mark = bytes.subarray(0, 2).toString("hex");
  return new TextDecoder(mark === "fffe" ? "utf-16le" : mark === "feff" ? "utf-16be" : "utf-8").decode(bytes);
}

/** The fields of an os-release file. */
export function parseOsRelease(text: string): OsRelease {
  const fields = new Map<string, string>();
  for (const line of text.split("\n")) {
    const [, key, value] = /^([A-Z0-9_]+)=(.*)$/.exec(line.trim()) ?? [];
    if (key !== undefined) fields.set(key, (value ?? "").replace(/^(["'])(.*)\1$/, "$2"));
  }
  const field = (key: string): string => fields.get(key) ?? "";
  return {
    id: field("ID").toLowerCase(),
    like: field("ID_LIKE").toLowerCase().split(/\s+/).filter(Boolean),
    version: field("VERSION_ID"),
    codename: field("UBUNTU_CODENAME") || field("VERSION_CODENAME"),
    name: field("PRETTY_NAME") || field("ID"),
  };
}
