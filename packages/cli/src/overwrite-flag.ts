import { Option } from "commander";

/** Names of compose projects, given one by one or in a list. */
export const overwriteFlag = (): Option =>
  new Option(
    "--overwrite-data <project>",
    "this once, also replace carried files that were modified on the machine; repeat it, or give a list with commas",
  ).argParser((value: string, before: readonly string[] | undefined) => [
    ...(before ?? []),
    ...value.split(",").flatMap((name) => name.trim() || []),
  ]);

/** As it is typed again. */
export const overwriteTyped = (names: readonly string[]): string =>
  names.length === 0 ? "" : ` --overwrite-data ${names.join(",")}`;

/** As the library takes it. */
export const overwriting = (overwriteData: readonly string[]) => (overwriteData.length === 0 ? {} : { overwriteData });
