import { readdirSync } from "node:fs";
import { join } from "node:path";

/** What a reader wants, in the order in which it is wanted. What is named nowhere comes under the last heading. */
const named = [
  {
    section: "Get started",
    paths: ["README.md", "docs/faq.md", "docs/migration.md", "docs/compat.md", "docs/gitlab.md"],
  },
  {
    section: "Guides",
    paths: [
      ...["docs/machines-yaml.md", "docs/machines-yaml-reference.md", "docs/plan.md", "docs/swarm.md"],
      ...["docs/compose.md", "docs/hooks.md", "docs/operations.md", "docs/certificates.md", "docs/integrations.md"],
    ],
  },
  { section: "Reference", paths: ["docs/cli.md", "docs/errors.md", "docs/glossary.md", "docs/security.md"] },
  {
    section: "Development",
    paths: [
      "docs/library.md",
      "docs/writing-a-driver.md",
      "docs/architecture.md",
      "CONTRIBUTING.md",
      "docs/releasing.md",
    ],
  },
];

/**
 * The pages of the site by section: all that lies in docs, each driver, each package and each example.
 * @param {string} root
 */
export function sections(root) {
  const listed = new Set(named.flatMap(({ paths }) => paths));
  const inFolder = (/** @type {string} */ folder) =>
    readdirSync(join(root, folder), { withFileTypes: true })
      .filter((entry) => entry.isFile() && entry.name.endsWith(".md"))
      .map((entry) => `${folder}/${entry.name}`)
      .filter((path) => !listed.has(path))
      .sort();
  const below = (/** @type {string} */ folder) =>
    readdirSync(join(root, folder), { withFileTypes: true })
      .filter((entry) => entry.isDirectory())
      .flatMap(({ name }) =>
        readdirSync(join(root, folder, name))
          .filter((file) => file.endsWith(".md") && file !== "CHANGELOG.md")
          .map((file) => `${folder}/${name}/${file}`),
      )
      .sort();
  return [
    ...named.slice(0, 2),
    { section: "Drivers", paths: inFolder("docs/drivers") },
    ...named.slice(2),
    { section: "Decisions", paths: inFolder("docs/decisions") },
    { section: "Packages", paths: below("packages") },
    { section: "Examples", paths: below("examples") },
    { section: "More", paths: inFolder("docs") },
  ].filter(({ paths }) => paths.length > 0);
}
