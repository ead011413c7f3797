import { existsSync } from "node:fs";
import { join } from "node:path";
import { startHosts, unavailable } from "@machinist/lab";
import { expect, test } from "vitest";
import { describeUnless } from "../../../test/skipped.ts";

const IMPORT = "tar -chf - -C / $(ldd /usr/bin/sleep | grep -o '/[^ ]*' | sed 's#^/##') usr/bin/sleep";

describeUnless(unavailable(), "a machine in which a container is paused", () => {
  test("is switched off and removed as any other", async () => {
    await using lab = await startHosts({ count: 1, image: "docker" });
    const host = lab.hosts[0]!;
    const script = `${IMPORT} | docker import - tiny; docker run -d --name held tiny sleep 1000000; docker pause held`;
    const paused = await host.exec("sh", "-c", script);
    expect(paused.code, paused.stderr).toBe(0);
    await host.kill();
    await host.start();
    const again = await host.exec("sh", "-c", "docker start held; docker pause held");
    expect(again.code, again.stderr).toBe(0);
    await lab.dispose();
    for (const hierarchy of ["freezer", "pids", "unified"])
      expect(existsSync(join("/sys/fs/cgroup", hierarchy, "machinist", `${host.name}-instance`))).toBe(false);
  });
});
