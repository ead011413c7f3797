import { existsSync } from "node:fs";
import { access, constants } from "node:fs/promises";
import { createRequire } from "node:module";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import type { HookSpec } from "@machinist/core";
import { findProgram } from "@machinist/programs";

/** Why a hook would not run here now; undefined where nothing speaks against it. Runs nothing. */
export async function faultOf(
  { action, folder }: HookSpec,
  env: Readonly<Record<string, string | undefined>>,
): Promise<string | undefined> {
  switch (action.type) {
    case "run": {
      const [program = ""] = action.argv;
      if (!program.includes("/")) return findProgram(program, env) ? undefined : `${program} is not on the PATH`;
      return accessFault(program, constants.X_OK, "executable");
    }
    case "module":
      return action.module.startsWith("/")
        ? accessFault(action.module, constants.R_OK, "readable")
        : packageFault(action.module, folder);
    case "container":
      return findProgram("docker", env) ? undefined : "the docker command is not on the PATH";
    case "hosts":
      return action.on.includes("local")
        ? accessFault(action.file ?? "/etc/hosts", constants.W_OK, "writable")
        : undefined;
    case "webhook":
      return action.secretEnv === undefined || env[action.secretEnv]
        ? undefined
        : `the variable ${action.secretEnv} is not set`;
    default:
      return undefined;
  }
}

async function accessFault(path: string, mode: number, word: string): Promise<string | undefined> {
  try {
    await access(path, mode);
    return undefined;
  } catch (cause) {
    return (cause as NodeJS.ErrnoException).code === "ENOENT" ? `${path} is not there` : `${path} is not ${word}`;
  }
}

function packageFault(name: string, folder: string): string | undefined {
  const [scope = "", part = ""] = name.split("/");
  const root = name.startsWith("@") ? `${scope}/${part}` : scope;
  const places = createRequire(pathToFileURL(join(folder, "hooks"))).resolve.paths(root) ?? [];
  const found = places.some((place) => existsSync(join(place, root, "package.json")));
  return found ? undefined : `the package ${root} is not installed for ${folder}`;
}
