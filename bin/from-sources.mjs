import { runProcess } from "../packages/cli/src/index.ts";

await runProcess();
