/**
 * `pnpm run facts:digitalocean -- PATH [DATE]`: reads DigitalOcean's public OpenAPI specification, as one JSON file, and
 * writes what our tests need to know of it. DATE is when the specification was fetched, if that was not today.
 */
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { Refusal, root, say, script } from "../setup/clone.mjs";
import { factsOf, jsonOf } from "./openapi.mjs";

const target = "packages/lab/fixtures/digitalocean-facts.json";

await script(async () => {
  const [path, date = new Date().toISOString().slice(0, 10)] = process.argv.slice(2).filter((word) => word !== "--");
  // pnpm runs this in the clone, wherever it was called.
  const from = path && resolve(process.env.INIT_CWD ?? "", path);
  if (!from || !existsSync(from))
    throw new Refusal("Usage: pnpm run facts:digitalocean -- PATH-OF-OPENAPI.JSON [DATE]");
  const document = JSON.parse(readFileSync(from, "utf8"));
  const source = `DigitalOcean's public OpenAPI specification, version ${document.info.version}, read ${date}`;
  writeFileSync(join(root, target), `${jsonOf({ source, ...factsOf(document) })}\n`);
  say(`${target}: ${Object.keys(document.paths).length} paths`);
  return 0;
});
