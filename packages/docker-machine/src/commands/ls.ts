import { type Command, list, text, yes } from "../command.ts";
import { readFilters } from "../list/filter.ts";
import { listed, listedNames } from "../list/listed.ts";
import { formatted, table } from "../list/show.ts";

export const ls: Command = {
  name: "ls",
  usage: "List machines",
  flags: [
    { kind: "bool", name: "quiet", short: "q", usage: "Enable quiet mode" },
    { kind: "slice", name: "filter", usage: "Filter output based on conditions provided" },
    { kind: "int", name: "timeout", short: "t", value: 10, usage: "Timeout in seconds, default to 10s" },
    { kind: "string", name: "format", short: "f", usage: "Pretty-print machines using a Go template" },
  ],
  run: async (call) => {
    const filters = readFilters(list(call, "filter"));
    if (yes(call, "quiet")) {
      const names = await listedNames(call, filters);
      call.io.out(names.map((name) => `${name}\n`).join(""));
      return 0;
    }
    const items = () => listed(call, Number(call.flags.get("timeout")), filters);
    const format = text(call, "format");
    if (format === "") call.io.out(table(await items()));
    else await formatted(format, items, call.io.out);
    return 0;
  },
};
