import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readdirSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { gunzipSync } from "node:zlib";
import { hasApt } from "./apt.mjs";
import { must } from "./child.mjs";
import { say, workDir } from "./clone.mjs";

/** An older and a newer docker compose, for what they read differently. */
const suites = ["trixie", "sid"];
const folder = join(workDir, "compose");

/**
 * Unpacks docker compose of two releases of Debian into `.work/compose/VERSION`. It is not installed, and needs no engine to
 * say how it reads files. Where it cannot be had, tests that need it skip.
 */
export async function fetchComposes() {
  if (!hasApt() || (existsSync(folder) && readdirSync(folder).length >= suites.length)) return;
  try {
    const mirror = (await must("apt-get", ["indextargets", "--format", "$(REPO_URI)", "Created-By: Packages"]))
      .split("\n")
      .find((line) => /\/debian\/?$/.test(line));
    if (mirror === undefined) throw new Error("apt knows no mirror of Debian");
    const arch = (await must("dpkg", ["--print-architecture"])).trim();
    for (const suite of suites) await fetchOne(mirror, suite, arch);
  } catch (error) {
    say(
      `No docker compose could be had for the tests that compare with it, so they skip: ${/** @type {Error} */ (error).message}`,
    );
  }
}

/**
 * @param {string} mirror
 * @param {string} suite
 * @param {string} arch
 */
async function fetchOne(mirror, suite, arch) {
  const base = mirror.replace(/\/?$/, "/");
  const index = gunzipSync(await bytes(`${base}dists/${suite}/main/binary-${arch}/Packages.gz`)).toString("utf8");
  const stanza = index.split("\n\n").find((each) => each.startsWith("Package: docker-compose\n")) ?? "";
  const field = (/** @type {string} */ name) => new RegExp(`^${name}: (.*)$`, "m").exec(stanza)?.[1] ?? "";
  const place = join(folder, field("Version"));
  if (existsSync(place)) return;
  say(`Fetching docker compose ${field("Version")} of Debian ${suite} into .work/compose`);
  const archive = await bytes(`${base}${field("Filename")}`);
  if (createHash("sha256").update(archive).digest("hex") !== field("SHA256"))
    throw new Error("its checksum is another");
  const draft = join(workDir, `compose-draft-${process.pid}`);
  try {
    mkdirSync(draft, { recursive: true });
    writeFileSync(join(draft, "compose.deb"), archive);
    await must("dpkg-deb", ["-x", join(draft, "compose.deb"), join(draft, "tree")]);
    mkdirSync(join(draft, "place"), { recursive: true });
    renameSync(join(draft, "tree/usr/libexec/docker/cli-plugins/docker-compose"), join(draft, "place/docker-compose"));
    mkdirSync(folder, { recursive: true });
    renameSync(join(draft, "place"), place);
  } finally {
    rmSync(draft, { recursive: true, force: true });
  }
}

/**
 * @param {string} url
 * @returns {Promise<Buffer>}
 */
async function bytes(url) {
  const answer = await fetch(url, { signal: AbortSignal.timeout(120_000) });
  if (!answer.ok) throw new Error(`${url} answers ${answer.status}`);
  return Buffer.from(await answer.arrayBuffer());
}
