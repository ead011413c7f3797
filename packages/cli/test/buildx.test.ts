import { chmodSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { EngineApi } from "@machinist/core";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { fakeMachinist, info } from "./fake-machinist.ts";
import { run } from "./world.ts";

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "machinist-buildx-"));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

/** A docker that writes down what it is asked, and knows these contexts. */
function fakeDocker(rest = ""): { env: Record<string, string>; asked: () => string[] } {
  const log = join(folder, "asked");
  const text = `#!/bin/sh
echo "$@" >> '${log}'
case "$*" in "context inspect web-1") exit 0;; "context inspect "*) exit 1;; esac
${rest}
exit 0
`;
  writeFileSync(join(folder, "docker"), text);
  chmodSync(join(folder, "docker"), 0o755);
  return {
    env: { PATH: `${folder}:${process.env.PATH}` },
    asked: () => readFileSync(log, "utf8").trim().split("\n"),
  };
}

const machines = [info("web-1", { fleet: "shop" }), info("arm", { fleet: "shop" }), info("db")];
const { machinist } = fakeMachinist({
  machines,
  overrides: {
    engine: async (name) =>
      ({
        url: "",
        request: async () => ({ Architecture: name === "arm" ? "aarch64" : "x86_64" }),
        close: () => {},
      }) as unknown as EngineApi,
  },
});

describe("machinist buildx", () => {
  test("makes a builder of a fleet's machines, each for its processor; a context that is not there is made", async () => {
    const docker = fakeDocker();
    const { code, stdout } = await run(["buildx", "create", "shop", "--fleet", "shop"], { machinist, env: docker.env });
    expect([code, stdout]).toEqual([
      0,
      "✔ web-1  linux/amd64\n✔ arm  linux/arm64\nnext: docker buildx build --builder shop .\n",
    ]);
    const certs = "/store/machines/arm";
    expect(docker.asked()).toEqual([
      "buildx version",
      "context inspect web-1",
      "buildx create --name shop --driver docker-container --node web-1 --platform linux/amd64 web-1",
      "context inspect arm",
      `context create arm --docker host=tcp://10.0.0.3:2376,ca=${certs}/ca.pem,cert=${certs}/cert.pem,key=${certs}/key.pem`,
      "buildx create --name shop --append --driver docker-container --node arm --platform linux/arm64 arm",
    ]);
  });

  test("removes it", async () => {
    const docker = fakeDocker();
    expect((await run(["buildx", "rm", "shop", "--yes"], { machinist, env: docker.env })).code).toBe(0);
    expect(docker.asked()).toEqual(["buildx rm shop"]);
  });

  test("says what is missing, and what docker said", async () => {
    const missing = fakeDocker('case "$*" in "buildx version") exit 1;; esac');
    const without = await run(["buildx", "create", "b", "db"], { machinist, env: missing.env });
    expect(without.stderr).toContain("(buildx.missing)");
    const failing = fakeDocker('case "$1 $2" in "buildx create") echo "ERROR: no such builder" >&2; exit 1;; esac');
    const failed = await run(["buildx", "create", "b", "db"], { machinist, env: failing.env });
    expect(failed.stderr).toContain("docker buildx create failed: ERROR: no such builder");
    expect((await run(["buildx", "create", "b"], { machinist, env: failing.env })).stderr).toContain(
      "No machine was named",
    );
    expect((await run(["buildx", "make", "b"], { machinist, env: failing.env })).code).toBe(2);
  });
});
