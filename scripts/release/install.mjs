import { mkdirSync, readdirSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { run } from "../setup/child.mjs";
import { Refusal } from "../setup/clone.mjs";

/**
 * An environment in which npm knows one registry and keeps what it fetches in a folder of its own.
 * @param {string} work
 * @param {string} registry
 * @returns {NodeJS.ProcessEnv}
 */
export function npmEnv(work, registry) {
  const userconfig = join(work, "npmrc");
  writeFileSync(userconfig, `registry=${registry}\n`);
  return {
    ...process.env,
    npm_config_userconfig: userconfig,
    npm_config_registry: registry,
    npm_config_cache: join(work, "npm-cache"),
    npm_config_update_notifier: "false",
  };
}

/**
 * `npm install --global` into an empty folder, as on a computer that has nothing.
 * @param {string} prefix
 * @param {readonly string[]} names
 * @param {NodeJS.ProcessEnv} env of {@link npmEnv}
 */
export async function installGlobally(prefix, names, env) {
  mkdirSync(prefix, { recursive: true });
  const args = ["install", "--global", "--prefix", prefix, "--no-audit", "--no-fund", ...names];
  const { code, output } = await run("npm", args, { cwd: prefix, env, quiet: true, minutes: 5 });
  if (code !== 0)
    throw new Refusal(
      `${output.trimEnd()}\nnpm could not install ${names.join(" ")}. Ours came from the registry on this computer; the ` +
        "others come from yours (npm config get registry): is it reachable?",
    );
}

/**
 * Every package below a prefix, with nested ones.
 * @param {string} prefix
 * @returns {string[]} names, sorted, each once
 */
export function installedPackages(prefix) {
  const found = new Set();
  /** @param {string} modules a node_modules */
  const look = (modules, scope = "") => {
    for (const name of readdirSync(modules).filter((each) => !each.startsWith("."))) {
      if (name.startsWith("@")) look(join(modules, name), `${name}/`);
      else {
        found.add(scope + name);
        const nested = join(modules, name, "node_modules");
        if (statSync(nested, { throwIfNoEntry: false })) look(nested);
      }
    }
  };
  look(globalModules(prefix));
  return [...found].sort();
}

/** @param {string} prefix */
export const globalModules = (prefix) =>
  join(prefix, process.platform === "win32" ? "node_modules" : "lib/node_modules");

/**
 * @param {string} prefix
 * @param {string} name of a program
 */
export const globalProgram = (prefix, name) =>
  process.platform === "win32" ? join(prefix, `${name}.cmd`) : join(prefix, "bin", name);
