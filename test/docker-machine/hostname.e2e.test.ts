import { type LabHosts, startHosts, unavailable } from "@machinist/lab";
import { afterAll, beforeAll, expect, test } from "vitest";
import { Program } from "../bad-input/program.ts";
import { describeUnless } from "../skipped.ts";

describeUnless(unavailable(), "a host whose hostnamed does not run", () => {
  let lab: LabHosts;
  const program = new Program(undefined, "docker-machine");
  beforeAll(async () => {
    lab = await startHosts({ count: 1, image: "docker" });
  });
  afterAll(async () => {
    program.remove();
    await lab?.dispose();
  });

  test("is called after its machine all the same, as docker-machine does by hostname NAME", async () => {
    const [host] = lab.hosts;
    expect((await host!.exec("systemctl", "mask", "--now", "--runtime", "systemd-hostnamed")).code).toBe(0);
    const how = ["--driver", "generic", "--generic-ip-address", host!.address, "--generic-ssh-key", host!.identity];
    expect(await program.run(["create", ...how, "box"])).toMatchObject({ exit: 0, stderr: "" });
    expect((await host!.exec("uname", "-n")).stdout).toBe("box\n");
    expect(await program.run(["rm", "-y", "box"])).toMatchObject({ exit: 0, stderr: "" });
  });
});
