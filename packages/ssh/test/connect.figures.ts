import { execFileSync } from "node:child_process";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect } from "vitest";
import { median, spread } from "../../../scripts/bench/table.mjs";
import { figure } from "../../../test/repository/figure.ts";
import { testUnless } from "../../../test/skipped.ts";
import { RealServer } from "./support/real-server.ts";
import { noSshd } from "./support/sshd.ts";

testUnless(noSshd, "a first program, beside OpenSSH's own client", async () => {
  const server = await RealServer.start();
  try {
    const { port, user, hostKeys } = server.sshd;
    const known = join(server.dir, "openssh_known_hosts");
    writeFileSync(known, hostKeys.map((key) => `[127.0.0.1]:${port} ${key}`).join(""));
    const options = [
      "-F",
      "none",
      "-i",
      server.identity.path,
      "-o",
      `UserKnownHostsFile=${known}`,
      "-o",
      "BatchMode=yes",
    ];
    const theirs = () => void execFileSync("ssh", [...options, "-p", String(port), `${user}@127.0.0.1`, "true"]);
    const ours = async () => {
      const pool = server.pool();
      expect((await (await pool.connect("m1")).run(["true"])).code).toBe(0);
      return () => pool.closeAll();
    };
    const times: { ours: number[]; theirs: number[] } = { ours: [], theirs: [] };
    for (let run = 0; run < 10; run++) {
      const began = performance.now();
      const close = await ours();
      const between = performance.now();
      await close();
      const again = performance.now();
      theirs();
      times.ours.push(between - began);
      times.theirs.push(performance.now() - again);
    }
    const base = median(times.theirs);
    const beside = `${spread(times.ours, (ms) => ms.toFixed(0))} ms to ssh's ${base.toFixed(0)} ms`;
    figure({
      what: "connect over SSH and run `true`",
      value: median(times.ours) / base,
      limit: 1.5,
      unit: "x",
      beside,
    });
  } finally {
    await server.remove();
  }
});
