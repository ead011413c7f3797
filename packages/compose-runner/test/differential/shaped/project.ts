import { chmodSync, mkdirSync, symlinkSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";

/** A link's target, or a file with permissions of its own. A text alone is a file; null is an empty folder. */
export type Entry = string | null | { readonly link: string } | { readonly text: string; readonly mode: number };

/** A small project as people write them, and what it comes to. */
export interface Shaped {
  /** The feature of compose that it shows. */
  readonly what: string;
  /** By paths relative to the user's home; the project lies in `shop`. */
  readonly files: Readonly<Record<string, Entry>>;
  /** How many containers each service has. */
  readonly runs: Readonly<Record<string, number>>;
  /** Compose files, env files, profiles and promised variables as the manifest names them. */
  readonly use: {
    readonly files: readonly string[];
    readonly envFiles?: readonly string[];
    readonly profiles?: readonly string[];
    readonly env?: readonly string[];
    readonly wait?: "started" | "healthy" | "completed";
  };
  readonly environment: Readonly<Record<string, string>>;
  /** `SERVICE.VARIABLE` in a container. */
  readonly values: Readonly<Record<string, string>>;
  /** The same, of those that an image has of its own. */
  readonly built?: Readonly<Record<string, string>>;
  /** Files, relative to the project, that a .dockerignore leaves out. */
  readonly ignored?: readonly string[];
  /** `SERVICE:/path` in a container that runs. */
  readonly holds: Readonly<Record<string, string>>;
  /** The oldest compose that takes it; all do where nothing is said. */
  readonly since?: string;
  /** How bringing it up ends, where it does not end well. */
  readonly fails?: string;
}

type More = Partial<Pick<Shaped, "environment" | "values" | "built" | "ignored" | "holds" | "since" | "fails">> & {
  readonly use?: Partial<Shaped["use"]>;
};

/** `runs`: `web db=2`. `files`: beside compose.yaml in `shop`; those that begin with `../` lie elsewhere at home. */
export function shaped(
  what: string,
  runs: string,
  compose: string,
  files: Readonly<Record<string, Entry>> = {},
  { use, environment = {}, values = {}, holds = {}, ...more }: More = {},
): Shaped {
  const all = Object.entries({ "compose.yaml": compose, ...files }).map(
    ([name, entry]) => [join("shop", name), entry] as const,
  );
  return {
    what,
    files: Object.fromEntries(all),
    runs: Object.fromEntries(
      runs.split(" ").map((each) => {
        const [name = "", count = "1"] = each.split("=");
        return [name, Number(count)];
      }),
    ),
    use: { files: ["compose.yaml"], ...use },
    environment,
    values,
    holds,
    ...more,
  };
}

/** Put its files below a folder. */
export function putShaped({ files }: Shaped, home: string): void {
  for (const [name, entry] of Object.entries(files)) {
    const path = join(home, name);
    mkdirSync(entry === null ? path : dirname(path), { recursive: true });
    if (entry === null) continue;
    if (typeof entry === "string") writeFileSync(path, entry);
    else if ("link" in entry) symlinkSync(entry.link, path);
    else {
      writeFileSync(path, entry.text);
      chmodSync(path, entry.mode);
    }
  }
}
