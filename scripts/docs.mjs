/** `pnpm run docs`: writes the reference pages that are made from the sources and from the built program. */
import { mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { renderCommands } from "./docs/commands.mjs";
import { errorCatalogue, renderErrors } from "./docs/errors.mjs";
import { renderManual } from "./docs/man.mjs";
import { renderManifest } from "./docs/manifest.mjs";
import { packageTable, withPackageTable } from "./docs/package-table.mjs";
import { root, say, script } from "./setup/clone.mjs";

function writeErrors() {
  const { entries, untold } = errorCatalogue();
  for (const place of untold) say(`The code of the error at ${place} cannot be told from the source.`);
  writeFileSync(join(root, "docs/errors.md"), renderErrors(entries));
  say(`docs/errors.md: ${entries.length} codes`);
  return untold.length === 0 ? 0 : 1;
}

function writePackageTable() {
  const readme = join(root, "README.md");
  writeFileSync(readme, withPackageTable(readFileSync(readme, "utf8"), packageTable()));
  say("README.md: table of packages");
}

function writeCommands() {
  writeFileSync(join(root, "docs/cli.md"), renderCommands());
  say("docs/cli.md: every command");
}

function writeManifest() {
  writeFileSync(join(root, "docs/machines-yaml-reference.md"), renderManifest());
  say("docs/machines-yaml-reference.md: every key");
}

function writeManual() {
  const folder = join(root, "packages/cli/man");
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder);
  const pages = renderManual();
  for (const [name, text] of pages) writeFileSync(join(folder, name), text);
  say(`packages/cli/man: ${pages.size} pages`);
}

await script(async () => {
  writePackageTable();
  writeCommands();
  writeManifest();
  writeManual();
  return writeErrors();
});
