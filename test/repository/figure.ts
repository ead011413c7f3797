import { appendFileSync } from "node:fs";
import type { Row } from "../../scripts/bench/table.mjs";

/** A row of the benchmark's table. `pnpm bench` compares the value with its limit; here nothing fails. */
export function figure(row: Row): void {
  const file = process.env.MACHINIST_FIGURES;
  if (file === undefined) console.info(JSON.stringify(row));
  else appendFileSync(file, `${JSON.stringify(row)}\n`);
}
