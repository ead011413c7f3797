// Publishes the schema as a file, for editors; run by `pnpm schema`, which builds first. A test fails while it is not in step.
import { writeFileSync } from "node:fs";
import { manifestSchema } from "../dist/index.js";

const file = new URL("../schema/machines.schema.json", import.meta.url);
writeFileSync(file, `${JSON.stringify(manifestSchema, null, 2)}\n`);
