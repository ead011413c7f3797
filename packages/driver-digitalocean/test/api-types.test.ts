import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { digitalOceanFacts } from "@machinist/lab";
import openapi, { astToString } from "openapi-typescript";
import ts from "typescript";
import { expect, test } from "vitest";

/** Each type of ours, and the document's schema that must fit where ours is expected. */
const pairs: readonly (readonly [ours: string, schema: string])[] = [
  ["Account", "account"],
  ["Droplet", "droplet"],
  ["Action", "action"],
  ["SshKey", "sshKeys"],
  ["Tag", "tags"],
  ["Vpc", "vpc"],
  ["Rule", "firewall_rules_inbound"],
  ["Firewall", "firewall"],
  ["Region", "region"],
  ["Size", "size"],
  ["Image", "image"],
];

const wire = fileURLToPath(new URL("../src/api-types.ts", import.meta.url));

/** What the compiler says of code that uses our types (`Ours`) and those made from the document (`Theirs`). */
async function complaints(code: string): Promise<string[]> {
  const folder = mkdtempSync(join(tmpdir(), "machinist-wire-"));
  // What the facts say of themselves is no part of an OpenAPI document.
  const { source: _source, ...document } = digitalOceanFacts();
  try {
    writeFileSync(join(folder, "document.ts"), astToString(await openapi(JSON.stringify(document))));
    const path = join(folder, "compare.ts");
    const inbound = `type Inbound = NonNullable<components["schemas"]["firewall_rules"]["inbound_rules"]>[number];`;
    writeFileSync(
      path,
      `import type * as Ours from ${JSON.stringify(wire)};\nimport type { components } from "./document.ts";\n${inbound}\n` +
        `type Theirs = components["schemas"] & { firewall_rules_inbound: Inbound };\n${code}`,
    );
    const program = ts.createProgram([path], {
      ...{ strict: true, noEmit: true, allowImportingTsExtensions: true, skipLibCheck: true },
      ...{ target: ts.ScriptTarget.ES2022, module: ts.ModuleKind.ESNext, types: [] },
      moduleResolution: ts.ModuleResolutionKind.Bundler,
    });
    return ts
      .getPreEmitDiagnostics(program)
      .map(({ messageText }) => ts.flattenDiagnosticMessageText(messageText, "\n"));
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

test("what we read of answers is what the document promises", async () => {
  const fits = pairs.map(
    ([ours, schema], index) => `export const _${index} = (x: Theirs["${schema}"]): Ours.${ours} => x;`,
  );
  expect(await complaints(fits.join("\n"))).toEqual([]);
});

test("a field that the document does not have, or has otherwise, is noticed", async () => {
  const wrong = `type Wrong = Omit<Ours.Droplet, "status"> & { status: "running"; address: string };
    export const _ = (x: Theirs["droplet"]): Wrong => x;`;
  expect((await complaints(wrong)).join("\n")).toMatch(/status|address/);
});
