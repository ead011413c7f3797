import { type Json, masked } from "@machinist/core";
import { jsonText } from "@machinist/terminal-text";
import { defineCommand, type Examples, withExamples } from "../command.ts";
import { exitCodes, told } from "../failure.ts";
import { namesOr } from "../names.ts";
import { usage } from "../usage.ts";

const examples: Examples = [
  ["machinist inspect web-1", "everything but secrets, as JSON"],
  ["machinist inspect web-1 -f endpoint.host", "one value"],
];

export default defineCommand<{ readonly format?: string }>({
  declare(command) {
    command
      .argument("[name...]", "machines (default: the one called default)")
      .option("-f, --format <path>", "one value by its path: options.memory or {{.endpoint.host}}");
    withExamples(command, examples);
  },
  async run(session, { args, options }) {
    const names = await namesOr(session, args);
    const machinist = await session.machinist();
    let failed = false;
    const infos = [];
    for (const settled of await Promise.allSettled(names.map((name) => machinist.info(name)))) {
      if (settled.status === "fulfilled") infos.push(settled.value);
      else {
        failed = true;
        session.error(told(settled.reason));
      }
    }
    const { format } = options;
    if (format === undefined) {
      const shownInfos = infos.map((info) => masked(info as unknown as Json));
      if (infos.length > 0) session.printJson(names.length === 1 ? shownInfos[0] : shownInfos);
    } else for (const info of infos) session.printValue(shown(valueAt(info, format)));
    return failed ? exitCodes.failed : exitCodes.done;
  },
});

const shown = (value: unknown): string => (typeof value === "string" ? value : jsonText(value));

/** The value at a dotted path, which may be dressed up as a Go template's field. */
function valueAt(root: unknown, format: string): unknown {
  const path = format.replace(/^\s*\{\{\s*(?:json\s+)?|\s*\}\}\s*$/g, "").replace(/^\./, "");
  if (!/^[\w@/-]*(\.[\w@/-]+)*$/.test(path))
    throw usage("format", `${JSON.stringify(format)} is no path`, "For example: --format options.memory");
  let value = root;
  for (const key of path === "" ? [] : path.split(".")) {
    const known = typeof value === "object" && value !== null;
    if (!known || !Object.hasOwn(value as object, key)) {
      const keys = known ? Object.keys(value as object).join(", ") : "";
      throw usage(
        "format",
        `There is no ${JSON.stringify(key)} at ${path}`,
        keys === "" ? undefined : `There are ${keys}.`,
      );
    }
    value = (value as { readonly [key: string]: unknown })[key];
  }
  return value;
}
