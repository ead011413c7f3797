import { own } from "./version.ts";

/** What docker's command line asks of a program in its folder of plugins, so that `docker machine` works. */
export const metadata = (): string =>
  `${JSON.stringify({
    SchemaVersion: "0.1.0",
    Vendor: "machinist",
    Version: own,
    ShortDescription: "Create and manage machines running Docker",
  })}\n`;

type Env = Readonly<Record<string, string | undefined>>;

/**
 * Docker calls its plugin with its own flags and the word by which it was called: `docker-machine --config X machine ls`.
 * The variable tells that it is docker who calls.
 */
export function asPlugin(words: readonly string[], env: Env): readonly string[] {
  if (env.DOCKER_CLI_PLUGIN_ORIGINAL_CLI_COMMAND === undefined) return words;
  return words.slice(words.indexOf("machine") + 1);
}
