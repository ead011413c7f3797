import { createFakeHost, type FakeRule } from "@machinist/testkit";
import { afterEach, describe, expect, test, vi } from "vitest";
import { parseOsRelease } from "../src/host/facts.ts";
import { dockerStage } from "../src/recipe/docker.ts";
import { fakeWork } from "./fake-work.ts";

const trixie = parseOsRelease('ID=debian\nVERSION_ID="13"\nVERSION_CODENAME=trixie\nPRETTY_NAME=Debian');
const rest: readonly FakeRule[] = [
  { when: "madison docker.io", answer: "docker.io | 26.1.5 | x\n" },
  { when: /^# (run|script) as root/, answer: "" },
];
const install = (rules: FakeRule[], spec = {}, os = trixie) => {
  const host = createFakeHost([...rules, ...rest]);
  const { work, call } = fakeWork(host, spec, os);
  return { host, work, call, done: dockerStage.apply(work, ["docker"]) };
};
afterEach(() => {
  vi.useRealTimers();
});

describe("installing Docker", () => {
  test.each([
    [{ code: 100, stderr: "E: You don't have enough free space in /var/cache/apt/archives/." }, "provision.disk-full"],
    [{ code: 1, stderr: "cannot copy: failed to write (No space left on device)" }, "provision.disk-full"],
    [{ code: 100, stderr: "E: Failed to fetch http://wrong.example/x  404" }, "provision.install"],
  ])("%o is %s, with its last words and a hint", async (answer, code) => {
    const { done } = install([{ when: "install --no-remove --no-install-recommends", answer }]);
    await expect(done).rejects.toMatchObject({
      code,
      hint: expect.stringMatching(/\S/),
      message: expect.stringContaining("m1"),
    });
  });

  test.each([
    [
      "debian",
      "The following packages will be REMOVED:\n  containerd.io site-tool*\nThe following NEW packages will be installed:\n  docker.io\nE: Packages need to be removed but remove is disabled.\n",
      "containerd.io, site-tool",
    ],
    [
      "fedora",
      "Error: \n Problem: problem with installed package podman-docker-5.4-1.fc42.noarch\n  - package moby-engine conflicts\n",
      "podman-docker-5.4-1.fc42.noarch",
    ],
    [
      "opensuse-leap",
      "Problem: 1: the to be installed docker conflicts with 'podman-docker'\n Solution 1: deinstallation of podman-docker-4.9.noarch\n",
      "podman-docker-4.9.noarch",
    ],
    [
      "arch",
      ":: docker-1:28.2-1 and podman-docker-5.4-1 are in conflict. Remove podman-docker? [y/N] \nerror: unresolvable package conflicts detected\n",
      "podman-docker",
    ],
  ])("on %s packages that would have to go are named, and stay", async (id, stdout, names) => {
    const os = parseOsRelease(`ID=${id}\nVERSION_ID="13"`);
    const { done, host } = install([{ when: /install|pacman -Su/, answer: { code: 1, stdout } }], {}, os);
    await expect(done).rejects.toMatchObject({
      code: "provision.conflict",
      message: expect.stringMatching(new RegExp(`: ${names}$`)),
      hint: expect.stringContaining("Nothing was removed"),
    });
    expect(host.calls.map(String).join("\n")).not.toMatch(/allowerasing|--allow-remove/);
  });

  test("a mirror that does not answer is said as such, not as a missing package", async () => {
    const { done } = install([
      { when: "madison", answer: "" },
      { when: "Error-Mode=any", answer: { code: 100, stderr: "E: Failed to fetch http://wrong.example" } },
    ]);
    await expect(done).rejects.toMatchObject({
      code: "provision.install",
      message: expect.stringContaining("wrong.example"),
    });
  });

  test("another's lock is waited for, and named", async () => {
    let turns = 0;
    vi.useFakeTimers({ toFake: ["Date"] });
    const { done, call } = install([
      {
        when: "-y -o DPkg::Lock::Timeout=60 update",
        answer: () =>
          ++turns < 2
            ? { code: 100, stderr: "E: Could not get lock /var/lib/apt/lists/lock. It is held by process 42 (apt)\n" }
            : "",
      },
    ]);
    await expect(done).rejects.toMatchObject({ code: "provision.probe" });
    expect(turns).toBe(2);
    expect(call.logs).toEqual([
      "info: Waiting for the package manager's lock: Could not get lock /var/lib/apt/lists/lock. It is held by process 42 (apt)",
    ]);
  });

  test("an installation that was cut off is finished first, once", async () => {
    const broken = { code: 100, stderr: "E: dpkg was interrupted, you must manually run 'dpkg --configure -a'" };
    const { done, host } = install([{ when: "install --no-remove --no-install-recommends", answer: broken }]);
    await expect(done).rejects.toMatchObject({ code: "provision.install" });
    expect(host.transcript().match(/dpkg --configure -a/g)).toHaveLength(1);
  });

  test("cloud-init is waited for while it runs", async () => {
    const { done, work, host, call } = install([{ when: /cloud-init status$/, answer: "status: running\n" }]);
    await done.catch(() => {});
    expect(call.logs).toEqual([]);
    work.facts = { ...work.facts, cloudInit: true };
    await dockerStage.apply(work, ["docker"]).catch(() => {});
    expect(call.logs).toEqual(["info: Waiting for cloud-init to finish"]);
    expect(host.transcript()).toContain("cloud-init status --wait");
  });

  test.each([
    [{ install: "none" }, trixie, "provision.docker-missing"],
    [{ install: "repository" }, parseOsRelease("ID=arch"), "provision.no-package"],
    [{}, parseOsRelease("ID=plan9"), "provision.os-unsupported"],
    [{ version: "99" }, parseOsRelease("ID=arch"), "provision.no-package"],
  ])("%j ends with a clear error (%#)", async (spec, os, code) => {
    await expect(install([], spec, os).done).rejects.toMatchObject({ code, hint: expect.stringMatching(/\S/) });
  });

  test("a script that cannot be had or fails is not a success", async () => {
    const spec = { install: "https://example.org/install.sh" };
    const answer = (code: number) => [{ when: "install.sh", answer: { code, stderr: "curl: (22) 404" } }];
    await expect(install(answer(69), spec).done).rejects.toMatchObject({
      message: expect.stringContaining("downloaded"),
    });
    await expect(install(answer(3), spec).done).rejects.toMatchObject({
      message: expect.stringContaining("exit code 3"),
    });
  });
});
