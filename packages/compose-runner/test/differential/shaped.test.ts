import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { describeUnless } from "../../../../test/skipped.ts";
import { readingOf } from "../../src/reading.ts";
import { compare, type Local } from "./compare.ts";
import { type Config, composes, noCompose } from "./compose.ts";
import { projects, putShaped, type Shaped } from "./shaped/all.ts";

/** All, or every fourth where there is not the time. */
const chosen = process.env.MACHINIST_LONG === undefined ? projects.filter((_, at) => at % 4 === 0) : projects;

const localOf = ({ use, environment, ignored = [] }: Shaped, home: string): Local => {
  const { wait: _, ...named } = use;
  return { ...named, ignored, folder: join(home, "shop"), environment: { ...environment, HOME: home } };
};

/** What the project is said to come to, as far as a reading tells. */
function expected({ runs, values }: Shaped) {
  return { runs, values };
}

function found(config: Config, { values }: Shaped) {
  const { services } = readingOf(JSON.stringify(config), "", new Set());
  const variable = (key: string) => {
    const [service = "", name = ""] = key.split(".");
    const variables = config.services?.[service]?.environment as { [name: string]: string | null } | undefined;
    // `$$` stands for a dollar sign there.
    return variables?.[name]?.replaceAll("$$", "$");
  };
  return {
    runs: Object.fromEntries(services.map(({ name, replicas }) => [name, replicas])),
    values: Object.fromEntries(Object.keys(values).flatMap((key) => [[key, variable(key)]])),
  };
}

const isOlder = (version: string, than: string): boolean => version.localeCompare(than, "en", { numeric: true }) < 0;

test("there are enough projects, each of its own", () => {
  expect(projects.length).toBeGreaterThanOrEqual(120);
  expect(new Set(projects.map(({ what }) => what)).size).toBe(projects.length);
});

describeUnless(noCompose, "projects as people write them", () => {
  test.each(composes.map((compose) => [compose.version, compose] as const))(
    "come to the same, for compose %s, where they are carried to",
    async (version, compose) => {
      const wrong: string[] = [];
      let right = 0;
      for (const project of chosen) {
        if (project.since !== undefined && isOlder(version, project.since)) continue;
        const home = mkdtempSync(join(tmpdir(), "machinist-shaped-"));
        try {
          putShaped(project, home);
          const { difference, outcome, config } = await compare(compose, localOf(project, home));
          const problem =
            difference ??
            (config === undefined ? `${outcome} by both` : unlike(expected(project), found(config, project)));
          if (problem === undefined) right++;
          else wrong.push(`${project.what}: ${problem}`);
        } finally {
          rmSync(home, { recursive: true, force: true });
        }
      }
      console.log(`compose ${version}: ${right} projects of people's, ${wrong.length} differences`);
      expect(wrong.join("\n\n")).toBe("");
    },
  );

  function unlike(wanted: object, seen: object): string | undefined {
    const [a, b] = [JSON.stringify(wanted), JSON.stringify(seen)];
    return a === b ? undefined : `expected ${a}\nfound    ${b}`;
  }
});
