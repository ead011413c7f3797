import { MachinistError } from "@machinist/core";
import { distroOf } from "../distro/index.ts";
import { isVersion } from "../drift.ts";
import { failure, lastLines } from "../host/failure.ts";
import { installerFor } from "./installer.ts";
import { readFacts } from "./read-facts.ts";
import type { Stage, Work } from "./work.ts";

const CLOUD_INIT_MS = 900_000;

/** A script of the user's choice: to a file only root can read, whole, and only then run. */
const SCRIPT_SCRIPT = `
umask 077
folder=$(mktemp -d) || exit 73
trap 'rm -rf "$folder"' EXIT
if command -v curl > /dev/null; then curl -fsSL --proto '=https' --retry 3 --connect-timeout 20 -o "$folder/install.sh" "$1"
elif command -v wget > /dev/null; then wget -q -T 20 -O "$folder/install.sh" "$1"
else echo "neither curl nor wget is installed" >&2; exit 69; fi || exit 69
umask 022
if [ -n "$2" ]; then VERSION=$2; export VERSION; fi
sh "$folder/install.sh" < /dev/null
`;

/** Docker itself: installed where it is missing, or where another version was asked for. */
export const dockerStage: Stage = {
  steps: [
    { name: "docker", done: ({ facts, props, state }) => hasDocker(facts.dockerd, props.version, state.version) },
  ],
  async apply(work) {
    const { facts, props, call } = work;
    if (facts.init === "none") throw noServices(props.machine);
    if (facts.dockerd !== undefined && props.version !== undefined) {
      await readVersion(work);
      if (hasDocker(facts.dockerd, props.version, work.state.version)) return;
      call.log(`Docker ${work.state.version} is there, ${props.version} is asked for`, "info");
    }
    if (props.install === "none") throw facts.dockerd === undefined ? missing(work) : otherVersion(work);
    await cloudInitDone(work);
    if (props.install.startsWith("https:")) await byScript(work);
    else await byPackages(work);
    await readFacts(work);
    if (work.facts.dockerd === undefined) throw missing(work);
    if (props.version !== undefined) await readVersion(work);
  },
};

const hasDocker = (dockerd: string | undefined, wanted: string | undefined, version: string): boolean =>
  dockerd !== undefined && (wanted === undefined || isVersion(version, wanted));

async function byPackages(work: Work): Promise<void> {
  const { facts, props } = work;
  const distro = distroOf(facts.os);
  const installer = installerFor(work, distro);
  const sources =
    props.install === "auto" ? (["distribution", "repository"] as const) : [props.install as "repository"];
  for (const source of sources) if (await distro[source]?.(installer)) return;
  const what = props.version === undefined ? "Docker" : `Docker ${props.version}`;
  throw new MachinistError(
    "provision.no-package",
    `${facts.os.name} has no package of ${what} (${sources.join(", ")})`,
    {
      hint: props.version
        ? "Ask for another version, or leave `engine.version` out."
        : "Choose another `engine.install`: auto, distribution, repository, or the https URL of an install script.",
    },
  );
}

async function byScript({ reach, props }: Work): Promise<void> {
  const output = await reach.script(SCRIPT_SCRIPT, [props.install, props.version ?? ""], {
    timeoutMs: 1_800_000,
    tell: true,
  });
  if (output.code === 0) return;
  const what = output.code === 69 ? "could not be downloaded" : `failed (exit code ${output.code})`;
  throw (
    failure(output, props.machine) ??
    new MachinistError("provision.install", `${props.install} ${what} on ${props.machine}: ${lastLines(output, 1)}`, {
      cause: lastLines(output),
      hint: "Check the URL and the host's network, or leave `engine.install` out.",
    })
  );
}

/** First boots install packages of their own: wait for them, since two package managers at once fail. */
async function cloudInitDone({ facts, reach, call }: Work): Promise<void> {
  if (!facts.cloudInit) return;
  const { stdout } = await reach.run(["cloud-init", "status"]);
  if (!/status: (running|not started|not run)/.test(stdout)) return;
  call.log("Waiting for cloud-init to finish", "info");
  await reach.run(["cloud-init", "status", "--wait"], { timeoutMs: CLOUD_INIT_MS });
}

async function readVersion(work: Work): Promise<void> {
  const { stdout } = await work.reach.run([work.facts.dockerd ?? "dockerd", "--version"]);
  const version = /version v?([^\s,]+)/.exec(stdout)?.[1] ?? "";
  work.state = { ...work.state, version };
}

const missing = ({ props, facts }: Work): MachinistError =>
  new MachinistError("provision.docker-missing", `Docker is not installed on ${props.machine} (${facts.os.name})`, {
    hint: "Install it there, or set `engine.install: auto`.",
  });

const otherVersion = ({ props, state }: Work): MachinistError =>
  new MachinistError("provision.version", `${props.machine} has Docker ${state.version}, not ${props.version}`, {
    hint: "Leave `engine.version` out, or choose another `engine.install` than none.",
  });

const noServices = (machine: string): MachinistError =>
  new MachinistError("provision.os-unsupported", `${machine} runs neither systemd nor OpenRC`, {
    hint: "machinist needs one of them to start Docker with the system.",
  });
