import type { ICruiseResult, IViolation } from "dependency-cruiser";
import { cruise } from "dependency-cruiser";
import { rules } from "./rules.ts";

/** Every import below `baseDir`/packages, type imports too, with the rules that it breaks. */
export async function cruisePackages(baseDir: string): Promise<ICruiseResult> {
  const { output } = await cruise(["packages"], {
    baseDir,
    ruleSet: rules,
    validate: true,
    tsPreCompilationDeps: true,
    doNotFollow: { path: "node_modules" },
    exclude: { path: "^packages/[^/]+/(dist|\\.[^/]+|test/fixtures)/" },
    enhancedResolveOptions: {
      exportsFields: ["exports"],
      conditionNames: ["@machinist/source", "import", "node", "types", "default"],
    },
  });
  if (typeof output === "string") throw new TypeError("dependency-cruiser answered with text instead of a result");
  return output;
}

/** One breach as a person reads it, with the reason for the rule. */
export function describeViolation(violation: IViolation): string {
  const reason = rules.forbidden?.find((rule) => rule.name === violation.rule.name)?.comment ?? "";
  const way = violation.cycle?.map((step) => step.name).join(" -> ");
  return `${violation.from} -> ${way ?? violation.to}: ${violation.rule.name}. ${reason}`;
}
