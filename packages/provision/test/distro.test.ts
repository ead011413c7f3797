import { readFile } from "node:fs/promises";
import { createFakeHost, type FakeRule } from "@machinist/testkit";
import { describe, expect, test } from "vitest";
import { DISTROS, distroOf, pick } from "../src/distro/index.ts";
import { parseOsRelease } from "../src/host/facts.ts";
import { dockerStage } from "../src/recipe/docker.ts";
import { fakeWork } from "./fake-work.ts";

/** os-release of the systems a golden file is kept for. */
const SYSTEMS: { readonly [name: string]: string } = {
  "debian-13": 'ID=debian\nVERSION_ID="13"\nVERSION_CODENAME=trixie\nPRETTY_NAME="Debian GNU/Linux 13 (trixie)"',
  "debian-12": 'ID=debian\nVERSION_ID="12"\nVERSION_CODENAME=bookworm\nPRETTY_NAME="Debian GNU/Linux 12 (bookworm)"',
  "ubuntu-24.04":
    'ID=ubuntu\nID_LIKE=debian\nVERSION_ID="24.04"\nUBUNTU_CODENAME=noble\nPRETTY_NAME="Ubuntu 24.04 LTS"',
  "mint-22": 'ID=linuxmint\nID_LIKE="ubuntu debian"\nVERSION_ID="22"\nVERSION_CODENAME=wilma\nUBUNTU_CODENAME=noble',
  "fedora-42": "ID=fedora\nVERSION_ID=42\nPRETTY_NAME='Fedora Linux 42'",
  "rocky-9": 'ID="rocky"\nID_LIKE="rhel centos fedora"\nVERSION_ID="9.5"\nPRETTY_NAME="Rocky Linux 9.5"',
  "rhel-10": 'ID="rhel"\nID_LIKE="centos fedora"\nVERSION_ID="10.0"\nPRETTY_NAME="Red Hat Enterprise Linux 10.0"',
  "amazon-2023": 'ID="amzn"\nID_LIKE="fedora"\nVERSION_ID="2023"\nPRETTY_NAME="Amazon Linux 2023"',
  "opensuse-leap-15.6":
    'ID="opensuse-leap"\nID_LIKE="suse opensuse"\nVERSION_ID="15.6"\nPRETTY_NAME="openSUSE Leap 15.6"',
  tumbleweed:
    'ID="opensuse-tumbleweed"\nID_LIKE="opensuse suse"\nVERSION_ID="20261101"\nPRETTY_NAME="openSUSE Tumbleweed"',
  arch: 'ID=arch\nPRETTY_NAME="Arch Linux"',
  "alpine-3.22": 'ID=alpine\nVERSION_ID=3.22.0\nPRETTY_NAME="Alpine Linux v3.22"',
};

/** What the package managers answer when they are asked what there is. */
const ARCHIVE: readonly FakeRule[] = [
  {
    when: "madison docker.io",
    answer:
      "docker.io | 26.1.5+dfsg1-9+b11 | http://deb trixie/main\ndocker.io | 20.10.24+dfsg1-1 | http://deb bookworm/main\n",
  },
  {
    when: "madison docker-ce",
    answer: [
      "docker-ce | 5:28.2.2-1~debian | https://download.docker.com stable",
      "docker-ce | 5:28.2.10-1~debian | https://download.docker.com stable",
      "docker-ce | 5:27.5.1-1~debian | https://download.docker.com stable",
    ].join("\n"),
  },
  { when: "print-architecture", answer: "amd64\n" },
  { when: "repoquery", answer: "27.5.1-1.fc42\n28.2.2-1.fc42\n" },
  {
    when: "zypper --non-interactive --quiet search",
    answer:
      "S | Name | Type | Version | Arch | Repository\n--+--\n  | docker | package | 28.2.2_ce-1.1 | x86_64 | OSS\n",
  },
  { when: "pacman -Si docker", answer: "Repository : extra\nName : docker\nVersion         : 1:28.2.2-1\n" },
  { when: "apk list", answer: "docker-28.2.2-r1 x86_64 {docker} (Apache-2.0)\ndocker-cli-28.2.2-r1 x86_64\n" },
  { when: "cat /etc/apk/repositories", answer: "https://dl-cdn.alpinelinux.org/alpine/v3.22/main\n" },
  { when: /^# (run|script) as root/, answer: "" },
];

const SOURCES: readonly { readonly name: string; readonly install: string; readonly version?: string }[] = [
  { name: "auto", install: "auto" },
  { name: "distribution", install: "distribution" },
  { name: "repository", install: "repository" },
  { name: "auto, version 28.2", install: "auto", version: "28.2" },
  { name: "repository, version 27", install: "repository", version: "27" },
  { name: "script", install: "https://get.docker.com/" },
];

/** Everything that is run on a host without Docker, up to the look that follows it. */
async function transcript(release: string, spec: { install: string; version?: string }): Promise<string> {
  const host = createFakeHost(ARCHIVE);
  const { name: _, ...engine } = { name: "", ...spec };
  const { work, call } = fakeWork(host, engine, parseOsRelease(release));
  const failed = await dockerStage.apply(work, ["docker"]).then(
    () => "",
    (error: { code: string }) => error.code,
  );
  const asked = host.transcript().split("\n# script as root:\n")[0]!.trimEnd();
  const written = [...host.files].map(([path, file]) => `> ${path}\n${Buffer.from(file.content).toString().trimEnd()}`);
  // The fake has no Docker afterwards either: that is where a run that worked ends.
  const end = failed === "provision.probe" ? [] : [`! ${failed}`];
  return [asked, ...written, ...call.logs.map((line) => `~ ${line}`), ...end].filter(Boolean).join("\n");
}

describe("what is run to install Docker", () => {
  for (const [system, release] of Object.entries(SYSTEMS)) {
    test(`on ${system}`, async () => {
      const parts: string[] = [];
      for (const source of SOURCES) parts.push(`== ${source.name} ==\n${await transcript(release, source)}\n`);
      await expect(parts.join("\n")).toMatchFileSnapshot(`golden/${system}.txt`);
    });
  }

  test("a golden file says what was meant, not only what happened", async () => {
    const golden = await readFile(new URL("golden/debian-13.txt", import.meta.url), "utf8");
    expect(golden).toContain(
      "install --no-remove --no-install-recommends --allow-downgrades docker.io docker-cli docker-compose",
    );
    expect(golden).toContain("docker-ce=5:28.2.2-1~debian");
    expect(golden).toContain("Signed-By: /etc/apt/keyrings/docker.asc");
  });
});

test("a system is known by its ID, by what it is like, or not at all", () => {
  const os = (text: string) => parseOsRelease(text);
  expect(distroOf(os("ID=pop\nID_LIKE='ubuntu debian'")).name).toBe("debian");
  expect(distroOf(os('ID="sles"')).name).toBe("suse");
  expect(distroOf(os("ID=sle-micro\nID_LIKE=suse")).name).toBe("suse");
  expect(() => distroOf(os("ID=plan9\nPRETTY_NAME=Plan"))).toThrowError(
    expect.objectContaining({ code: "provision.os-unsupported", hint: expect.stringContaining("install: none") }),
  );
  expect(new Set(DISTROS.flatMap(({ ids }) => ids)).size).toBe(DISTROS.flatMap(({ ids }) => ids).length);
});

test("a version prefix ends at a boundary", () => {
  const versions = ["5:28.20.1-1", "5:28.2.2-1", "5:2.8.1-1"];
  expect(pick(versions, "28.2")).toBe("5:28.2.2-1");
  expect(pick(versions, "28.2.2")).toBe("5:28.2.2-1");
  expect(pick(versions, "28.3")).toBeUndefined();
});
