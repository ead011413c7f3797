import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { readManifest } from "@machinist/manifest";
import { afterAll, expect, test } from "vitest";

const folder = mkdtempSync(join(tmpdir(), "machinist-no-values-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** What nobody may read in an error, in whatever place of a file it stood. */
const secret = "hunter2-Zx9";

async function failure(files: { readonly [name: string]: string }, main = "machines.yaml"): Promise<string> {
  for (const [name, text] of Object.entries(files)) writeFileSync(join(folder, name), text);
  const refused = await readManifest([join(folder, main)], { cwd: folder, env: { TOKEN: secret } }).catch(
    (thrown: unknown) => thrown,
  );
  for (const name of Object.keys(files)) rmSync(join(folder, name));
  expect(refused, JSON.stringify(files)).toBeInstanceOf(Error);
  const { message, hint, cause } = refused as Error & { hint?: string };
  return [message, hint, String((cause as Error | undefined)?.message)].join("\n");
}

const yaml = (lines: string) => `name: demo\nmachines:\n  web:\n    driver: nspawn\n${lines}`;

test.each([
  yaml(`    engine: { env: { PASSWORD: [${secret}] } }\n`),
  yaml(`    engine: { prot: ${secret} }\n`),
  yaml(`    count: ${secret}\n`),
  yaml(`    count: "${secret}"\n`),
  yaml("    count: $" + "{TOKEN}\n"),
  yaml(`    engine:\n      env:\n        A: ${secret}\n        A: "${secret}"\n`),
  yaml(`    engine: "${secret}\n`),
  yaml(`    engine: {${secret}\n`),
  yaml(`    engine: - ${secret}\n`),
  yaml(`    engine: *${secret}\n`),
  yaml(`    engine: |\n   ${secret}\n x\n`),
  yaml(`    engine: { env: { A: b } } ${secret}\n`),
  yaml(`    "k": "${secret}" "${secret}"\n`),
  yaml(`    lease: https://user:${secret}@host\n`),
  `${secret}\n`,
  `- ${secret}\n`,
  yaml(`hooks:\n  - { on: up.done, webhook: "ftp://u:${secret}@x" }\n`),
])("an error about a manifest quotes no value: %j", async (text) => {
  expect(await failure({ "machines.yaml": text })).not.toContain(secret);
});

test.each([
  ["machines.json", `{"name": "demo", "machines": {"web": "${secret}"}}`],
  ["machines.json", `{"name": "demo" "${secret}"}`],
  ["machines.json", `{"a": ${secret}}`],
  ["machines.toml", `name = "demo"\nmachines = "${secret}"\n`],
  ["machines.toml", `name = "demo\nx = "${secret}"\n`],
  ["machines.toml", `machines = { web = { count = "${secret}" } }\n`],
  ["machines.toml", `name = ${secret}\n`],
])("nor one about %s: %j", async (name, text) => {
  expect(await failure({ [name]: text }, name)).not.toContain(secret);
});

test.each([
  `P=m$y${secret}\nQ="${secret}\n`,
  `${secret}\n`,
  `-----BEGIN KEY-----\n${secret}==\n`,
  `PASS: ${secret}\n`,
  `A='${secret}\n`,
  ["B=", `{${secret}\n`].join("$"),
  `my-var=${secret}\n`,
])("nor one about a .env file: %j", async (text) => {
  expect(await failure({ "machines.yaml": yaml("    count: $" + "{A}\n"), ".env": text })).not.toContain(secret);
});
