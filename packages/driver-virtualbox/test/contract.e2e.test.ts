import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import virtualbox, { uuidOf } from "@machinist/driver-virtualbox";
import { type LabVirtualBox, openVirtualBox, virtualBoxUnavailable, writeButtonDisk } from "@machinist/lab";
import { testDriver } from "@machinist/testkit/suites";
import { afterAll } from "vitest";
import { describeUnless } from "../../../test/skipped.ts";

const reason = virtualBoxUnavailable();
const lab: LabVirtualBox | undefined = reason === undefined ? await openVirtualBox() : undefined;
const folder = lab?.folder ?? "/";
const image = join(folder, "button.img");

describeUnless(reason, "on the real VirtualBox", async () => {
  afterAll(() => lab?.dispose());
  if (lab) writeButtonDisk(image);

  testDriver({
    module: virtualbox,
    options: { image, memory: 256, "disk-size": 64 },
    context: {
      cacheDir: join(folder, "cache"),
      machineDir: (machine) => join(folder, "machines", machine),
      env: { ...process.env, ...lab?.env },
    },
    changed: [{ memory: 320 }, { memory: 320, "cpu-count": 2, "disk-size": 96 }],
    impossible: { options: { "disk-size": 32 }, code: "virtualbox.disk-shrink" },
    replacing: { "ssh-user": "root" },
    leftovers: async ({ fleet, uids }) => {
      const said = await Promise.all([
        lab!.manage("list", "-l", "vms"),
        lab!.manage("list", "hdds"),
        lab!.manage("list", "dvds"),
      ]);
      const lines = said.flatMap(({ stdout }) => stdout.split("\n"));
      return lines.filter((line) => [fleet, ...uids].some((mark) => line.includes(mark)));
    },
    foreign: async () => {
      const uuid = uuidOf(`foreign-${Date.now()}`);
      const theirs = join(folder, "theirs");
      await mkdir(theirs, { recursive: true });
      await lab!.manage(
        "createvm",
        "--name",
        "m1",
        "--uuid",
        uuid,
        "--basefolder",
        theirs,
        "--ostype",
        "Linux_64",
        "--register",
      );
      return {
        isThere: async () => (await lab!.manage("showvminfo", uuid)).code === 0,
        remove: async () => void (await lab!.manage("unregistervm", uuid, "--delete")),
      };
    },
    breakProvider: async () => {
      const mend = lab!.breakDown();
      return async () => mend();
    },
    // Each life takes some hundred calls of a program that does one thing at a time; `pnpm test:long` has twelve.
    kills: 3,
    timeoutMs: 600_000,
  });
});
