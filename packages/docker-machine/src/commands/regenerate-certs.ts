import { notOneWord, readLine } from "../ask.ts";
import { CliError } from "../cli-error.ts";
import { type Command, yes } from "../command.ts";
import { checkDriver } from "../host/driver-known.ts";
import { eachHost } from "../host/each-host.ts";

export const regenerateCerts: Command = {
  name: "regenerate-certs",
  usage: "Regenerate TLS Certificates for a machine",
  description: "Argument(s) are one or more machine names.",
  flags: [
    { kind: "bool", name: "force", short: "f", usage: "Force rebuild and do not prompt" },
    { kind: "bool", name: "client-certs", usage: "Also regenerate client certificates and CA." },
  ],
  run: async (call) => {
    if (!yes(call, "force")) {
      call.io.out("Regenerate TLS machine certs?  Warning: this is irreversible. (y/n): ");
      const answer = await readLine(call.io);
      const problem = notOneWord(answer);
      if (problem !== undefined) throw new CliError(problem);
      if (!/^y/i.test((answer ?? "").trim())) return 0;
    }
    call.io.out("Regenerating TLS certificates\n");
    return eachHost(call, async (host) => {
      await checkDriver(call, host);
      await (await call.deep()).regenerateCerts(call, host, yes(call, "client-certs"));
    });
  },
};
