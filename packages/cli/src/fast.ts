import { machineNames, storageFolder } from "./machine-names.ts";
import { version } from "./version.ts";

/**
 * The answers that prompts and scripts ask for again and again, given before anything else is loaded: `--version` and
 * `ls -q`. Undefined: not one of these, or not as simple as it looks.
 */
export function fastAnswer(
  argv: readonly string[],
  env: Readonly<Record<string, string | undefined>>,
): string | undefined {
  if (argv.length === 1 && (argv[0] === "--version" || argv[0] === "-V")) return `${version}\n`;
  const storage = quietList(argv);
  if (storage === undefined) return undefined;
  try {
    const names = machineNames(storageFolder(storage, env));
    return names.map((name) => `${name}\n`).join("");
  } catch {
    // A store that cannot be read needs a sentence, which is not fast.
    return undefined;
  }
}

/** The storage path of `[-s PATH] ls -q`, empty for the default one; undefined for any other command line. */
function quietList(argv: readonly string[]): string | undefined {
  const named = argv[0] === "-s" || argv[0] === "--storage-path";
  const [command, quiet, ...more] = named ? argv.slice(2) : argv;
  if (command !== "ls" || (quiet !== "-q" && quiet !== "--quiet") || more.length > 0) return undefined;
  return named ? argv[1] : "";
}
