import { chmod, writeFile } from "node:fs/promises";
import { join } from "node:path";

/** What it says of itself. */
export const about = {
  protocol: 1,
  name: "odd",
  description: "Odd",
  options: { type: "object", properties: {}, additionalProperties: false },
  resourceTypes: { "odd.machine": {} },
};

/** A program of the driver odd that answers `initialize` with `said`, and to `read` does what `manner` says. */
export async function oddProgram(folder: string, manner: string, said: object = about): Promise<NodeJS.ProcessEnv> {
  const path = join(folder, "machinist-driver-odd");
  await writeFile(
    path,
    `#!${process.execPath}
const send = (message) => process.stdout.write(JSON.stringify({ jsonrpc: "2.0", ...message }) + "\\n");
require("node:readline").createInterface({ input: process.stdin }).on("line", (line) => {
  const { id, method, params } = JSON.parse(line);
  if (method === "initialize") return send({ id, result: ${JSON.stringify(said)} });
  if (method !== "read") return;
  ${manner}
});
process.stdin.on("end", () => process.exit(0));
`,
  );
  await chmod(path, 0o755);
  return { ...process.env, PATH: `${folder}:${process.env.PATH}` };
}
