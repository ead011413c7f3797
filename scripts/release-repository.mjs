/**
 * `node scripts/release-repository.mjs ACCOUNT/machinist`: write where this repository is into every manifest and page that
 * says it. Without a name: refuse while nobody has said it yet, or where CI runs in another repository than the manifests
 * name (npm would refuse to attest where packages were built).
 */
import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { Refusal, root, say, script } from "./setup/clone.mjs";

const placeholder = "OWNER/machinist";
const host = "https://github.com";

/** @returns {string} ACCOUNT/REPOSITORY, as the root says */
function current() {
  const { repository } = JSON.parse(readFileSync(join(root, "package.json"), "utf8"));
  return repository.url.replace(`git+${host}/`, "").replace(/\.git$/, "");
}

/** Manifests and the pages that say where to find this repository. */
const files = () => [
  "package.json",
  "docs/integrations.md",
  ".github/ISSUE_TEMPLATE/config.yml",
  ...readdirSync(join(root, "packages")).map((name) => join("packages", name, "package.json")),
];

await script(async () => {
  const [name] = process.argv.slice(2);
  const before = current();
  if (name === undefined) {
    if (before === placeholder)
      throw new Refusal("Say where this repository is: node scripts/release-repository.mjs ACCOUNT/machinist");
    const { GITHUB_REPOSITORY: here = before } = process.env;
    if (here !== before) throw new Refusal(`The manifests name ${before}, and this is ${here}.`);
    say(`The manifests name ${before}.`);
    return 0;
  }
  if (!/^[\w.-]+\/machinist$/.test(name)) throw new Refusal(`${name} is no ACCOUNT/machinist.`);
  for (const file of files()) {
    const path = join(root, file);
    writeFileSync(path, readFileSync(path, "utf8").replaceAll(before, name));
  }
  say(`${name} instead of ${before}. Look: git diff`);
  return 0;
});
