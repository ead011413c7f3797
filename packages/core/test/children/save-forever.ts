import { FileStore, newRecord } from "@machinist/core";

/** Save ever new records until killed: `node save-forever.mjs STORE SCOPE`. Says when the first is there. */
const [path = "", scope = ""] = process.argv.slice(2);
const store = new FileStore(path);
const record = newRecord(scope, "f");
for (let number = 1; ; number++) {
  record.lastGeneration = number;
  const id = `${scope}/thing`;
  // Long enough that it cannot be written in one go; both ends must be of one save.
  const props = { first: number, filling: "x".repeat(300_000), last: number };
  record.resources[id] = { id, kind: "k", props, parents: [], generation: number, status: "created", intentAt: 0 };
  await store.save(record);
  if (number === 1) process.stdout.write("saving\n");
}
