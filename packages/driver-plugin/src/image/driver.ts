import type { DriverModule } from "@machinist/core";
import { jsonDriver } from "../json/driver.ts";
import { ContainerEngine } from "./engine.ts";

type Env = Readonly<Record<string, string | undefined>>;

/** A driver's image may be large, and starts once it is here, in ms. */
const FETCH_MS = 10 * 60_000;

/**
 * The driver whose program is the entry point of an image. Its name is the one that the program says, not the image's: so it
 * stays the same driver when another tag of it is used. `agreed`: the variables of other programs that the user lets it have.
 * Throws `plugin.*`.
 */
export async function imageDriver(
  image: string,
  env: Env,
  { signal, agreed }: { readonly signal: AbortSignal; readonly agreed: (name: string) => Promise<readonly string[]> },
): Promise<DriverModule> {
  const engine = new ContainerEngine(env);
  await engine.fetch(image, AbortSignal.any([signal, AbortSignal.timeout(FETCH_MS)]));
  const launch = (_env: Env, variables: readonly string[]) => engine.launch(image, variables);
  const agreeTo = (variable: string) => `machinist driver add docker://${image} --env ${variable}`;
  return jsonDriver({ name: image, env, launch }, { signal, folders: false, agreed, agreeTo });
}
