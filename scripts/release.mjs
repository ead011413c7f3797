/**
 * What CI does for a release, one step at a time: `version` turns changesets into versions and changelogs; `publish` builds,
 * and publishes what the registry does not have; `tag` marks the commit with each version. docs/releasing.md tells when.
 */
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { must, run } from "./setup/child.mjs";
import { Refusal, script, workDir } from "./setup/clone.mjs";
import { buildPackages, installPackages, toolEnv } from "./setup/packages.mjs";

const steps = ["version", "publish", "tag"];

/**
 * The account that publishes is a token in NPM_TOKEN: npm reads it from there, it is in no file. Without one, npm takes what
 * it is logged in with, or the identity that CI gives it.
 * @returns {Promise<NodeJS.ProcessEnv>}
 */
async function account() {
  if (!process.env.NPM_TOKEN) return {};
  const registry = (await must("npm", ["config", "get", "registry"])).trim().split(/\s+/).at(-1) ?? "";
  const file = join(workDir, "publish.npmrc");
  mkdirSync(workDir, { recursive: true });
  writeFileSync(file, `registry=${registry}\n${registry.replace(/^https?:/, "")}:_authToken=\${NPM_TOKEN}\n`);
  return { npm_config_userconfig: file };
}

await script(async () => {
  const [step = ""] = process.argv.slice(2);
  if (!steps.includes(step)) throw new Refusal(`Which step? There are: ${steps.join(", ")}.`);
  await installPackages();
  if (step === "publish") await buildPackages();
  const env = { ...toolEnv(), ...(step === "publish" ? await account() : {}) };
  const { code } = await run("changeset", [step], { env, minutes: 20 });
  if (code !== 0 || step !== "tag") return code;
  return (await run("git", ["push", "--tags"], { minutes: 5 })).code;
});
