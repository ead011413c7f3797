import { randomBytes } from "node:crypto";
import { readFileSync } from "node:fs";
import { connect } from "node:net";
import { type LabHost, type LabHosts, startHosts, unavailable } from "@machinist/lab";
import { afterAll, beforeAll, expect, test } from "vitest";
import { describeUnless } from "../skipped.ts";
import { expectFailure, Program } from "./program.ts";

/** Waits for sshd's first words, and leaves without a login. */
const peep = (host: string): Promise<void> =>
  new Promise((resolve) => {
    const socket = connect({ host, port: 22 });
    socket.once("data", () => socket.destroy());
    socket.on("error", () => {}).once("close", () => resolve());
  });

describeUnless(unavailable(), "a host whose sshd is strict, and shuts out who comes without logging in", () => {
  const program = new Program();
  let lab: LabHosts;
  let host: LabHost;
  beforeAll(async () => {
    lab = await startHosts({ count: 1, image: "docker" });
    host = lab.hosts[0]!;
    // As OpenSSH has it by default, only stricter: one such visit is too many.
    const settings = "PerSourcePenalties noauth:5 min:4\nRekeyLimit 4M";
    const { code, stderr } = await host.exec(
      "sh",
      "-c",
      `printf '${settings}\\n' > /etc/ssh/sshd_config.d/strict.conf && systemctl restart ssh`,
    );
    expect(code, stderr).toBe(0);
    const address = ["--generic-ip-address", host.address, "--generic-ssh-key", host.identity];
    await program.must([
      "create",
      "-d",
      "generic",
      ...address,
      "--generic-trust-on-first-use",
      "--no-engine",
      "strict",
    ]);
  });
  afterAll(async () => {
    await lab?.dispose();
    program.remove();
  });

  test("is asked for its state as often as one likes", async () => {
    for (let count = 0; count < 15; count++)
      expect((await program.must(["status", "strict"])).stdout.toLowerCase()).toContain("running");
  });

  test("changes its keys every 4 MiB, and takes and gives files larger than that whole", async () => {
    const content = randomBytes(40 * 1024 * 1024);
    const path = program.file("large", content);
    await program.must(["scp", path, "strict:/root/large"]);
    await program.must(["scp", "strict:/root/large", `${path}.back`]);
    expect(content.equals(readFileSync(`${path}.back`))).toBe(true);
  });

  test("is not called stopped while it shuts us out, and runs when that is over", async () => {
    for (let count = 0; count < 3; count++) await peep(host.address);
    const shut = await program.run(["status", "strict"]);
    expectFailure(shut, {
      exit: 1,
      code: "ssh.turned-away",
      says: "before anybody can log in",
      hint: "PerSourcePenalties",
    });
    await expect
      .poll(async () => (await program.run(["status", "strict"])).stdout.toLowerCase(), {
        timeout: 120_000,
        interval: 1000,
      })
      .toContain("running");
  });
});
