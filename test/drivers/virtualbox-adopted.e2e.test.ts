import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import virtualbox from "@machinist/driver-virtualbox";
import { openMachinist } from "@machinist/fleet";
import { openVirtualBox, virtualBoxUnavailable } from "@machinist/lab";
import { expect, onTestFinished } from "vitest";
import { testUnless } from "../skipped.ts";

const reason = virtualBoxUnavailable();

testUnless(
  reason,
  "a boot2docker machine that docker-machine made is looked at and removed, others' stay",
  async () => {
    const lab = await openVirtualBox();
    onTestFinished(() => lab.dispose());
    const storagePath = join(lab.folder, "store");
    const folder = join(storagePath, "machines", "old");
    mkdirSync(folder, { recursive: true });
    // As docker-machine's driver asks for one.
    const must = async (...words: string[]) =>
      expect(await lab.manage(...words), words.join(" ")).toMatchObject({ code: 0 });
    await must("createvm", "--basefolder", folder, "--name", "old", "--register");
    await must("modifyvm", "old", "--memory", "256", "--cpus", "1");
    await must("createmedium", "disk", "--filename", join(folder, "disk.vmdk"), "--size", "64", "--format", "VMDK");
    await must("storagectl", "old", "--name", "SATA", "--add", "sata");
    const disk = ["--storagectl", "SATA", "--port", "1", "--device", "0", "--type", "hdd", "--medium"];
    await must("storageattach", "old", ...disk, join(folder, "disk.vmdk"));
    await must("createvm", "--basefolder", join(lab.folder, "theirs"), "--name", "theirs", "--register");
    const kept = {
      MachineName: "old",
      StorePath: storagePath,
      SSHUser: "docker",
      SSHPort: 51234,
      IPAddress: "192.168.99.100",
    };
    const config = {
      ...{ ConfigVersion: 3, DriverName: "virtualbox", Name: "old" },
      Driver: { ...kept, SSHKeyPath: join(folder, "id_rsa"), CPU: 1, Memory: 256, Boot2DockerURL: "" },
      HostOptions: { EngineOptions: {}, SwarmOptions: {}, AuthOptions: { StorePath: folder } },
    };
    const text = JSON.stringify(config);
    writeFileSync(join(folder, "config.json"), text);

    const env = { ...process.env, ...lab.env };
    await using machinist = await openMachinist({ storagePath, drivers: [virtualbox], env });
    expect(await machinist.names()).toEqual(["old"]);
    expect(await machinist.status("old")).toBe("stopped");
    expect((await machinist.info("old")).endpoint).toMatchObject({ host: "192.168.99.100", port: 22, user: "docker" });
    expect(readFileSync(join(folder, "config.json"), "utf8")).toBe(text);
    expect((await machinist.remove(["old"]).result).failures).toEqual([]);
    expect((await lab.manage("list", "vms")).stdout).toMatch(/^"theirs" \{[0-9a-f-]+\}\n$/);
    expect((await lab.manage("list", "hdds")).stdout.trim()).toBe("");
    expect(existsSync(folder)).toBe(false);
    expect(await machinist.names()).toEqual([]);
  },
  120_000,
);
