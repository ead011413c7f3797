import { execFileSync } from "node:child_process";
import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it, test } from "vitest";
import { demandLogins, loginsTo } from "../src/registry-logins.ts";
import { WITH_LOGINS } from "../src/remote-scripts.ts";

let home: string;
beforeEach(() => {
  home = mkdtempSync(join(tmpdir(), "machinist-logins-"));
  mkdirSync(join(home, ".docker"));
  mkdirSync(join(home, "bin"));
});
afterEach(() => rmSync(home, { recursive: true, force: true }));

const config = (content: unknown) =>
  writeFileSync(join(home, ".docker/config.json"), typeof content === "string" ? content : JSON.stringify(content));
const helper = (name: string, script: string) => {
  const path = join(home, "bin", `docker-credential-${name}`);
  writeFileSync(path, `#!/bin/sh\n${script}\n`);
  chmodSync(path, 0o755);
};
const environment = (more = {}) => ({ HOME: home, PATH: `${join(home, "bin")}:/usr/bin:/bin`, ...more });
const logins = async (registry: string, more = {}) =>
  (JSON.parse(await loginsTo([registry], environment(more))) as { auths: object }).auths;
const auth = Buffer.from("me:quiet").toString("base64");

describe("a login", () => {
  it.each([
    ["of docker's own file", { auths: { "ghcr.io": { auth } } }, "", "ghcr.io", { "ghcr.io": { auth } }],
    [
      "to docker's own registry",
      { auths: { "https://index.docker.io/v1/": { auth } } },
      "",
      "docker.io",
      { "https://index.docker.io/v1/": { auth } },
    ],
    [
      "of a helper for one registry",
      { credHelpers: { "r:5000": "one" }, credsStore: "none" },
      `read -r key; [ "$key" = r:5000 ] && [ "$1" = get ] && echo '{"Username":"me","Secret":"quiet"}'`,
      "r:5000",
      { "r:5000": { auth } },
    ],
    [
      "of a helper for all, which knows a token",
      { credsStore: "one", auths: { "ghcr.io": {} } },
      `cat > /dev/null; echo '{"Username":"<token>","Secret":"t"}'`,
      "ghcr.io",
      { "ghcr.io": { identitytoken: "t" } },
    ],
  ])("%s is found", async (_what, content, script, registry, found) => {
    config(content);
    helper("one", script);
    await demandLogins([registry], environment());
    expect(await logins(registry)).toEqual(found);
  });

  it("of the environment goes before that of the file", async () => {
    config({ auths: { "ghcr.io": { auth: "b" } } });
    const more = { DOCKER_AUTH_CONFIG: JSON.stringify({ auths: { "ghcr.io": { auth: "a" } } }) };
    expect(await logins("ghcr.io", more)).toEqual({ "ghcr.io": { auth: "a" } });
  });

  it("that is nowhere is missed before anything is done, and says how to have one", async () => {
    const wanted = { code: "compose.login-missing", hint: expect.stringContaining("docker login ghcr.io") };
    await expect(demandLogins(["ghcr.io"], environment())).rejects.toMatchObject(wanted);
    await expect(loginsTo(["ghcr.io"], environment())).rejects.toMatchObject(wanted);
    config({ credsStore: "one" });
    helper("one", "echo credentials not found in native keychain; exit 1");
    await expect(loginsTo(["ghcr.io"], environment())).rejects.toMatchObject(wanted);
  });

  it.each([
    ["a file that is no JSON", '{"auths": {"ghcr.io": {"auth": "quiet', "", "compose.login-unreadable"],
    ["a helper that is not there", '{"credsStore":"nowhere"}', "", "compose.login-helper"],
    ["a helper that is a path", '{"credsStore":"../one"}', "exit 0", "compose.login-helper"],
    ["a helper that fails", '{"credsStore":"one"}', "echo the key chain is locked >&2; exit 2", "compose.login-helper"],
  ])("is told without a secret where there is %s", async (_what, content, script, code) => {
    config(content);
    helper("one", script);
    const failure = await loginsTo(["ghcr.io"], environment()).catch((error) => error);
    expect(failure).toMatchObject({ code, hint: expect.any(String) });
    expect(`${failure.message} ${failure.hint}`).not.toContain("quiet");
  });
});

test("on the machine logins are in memory, and only as long as they are needed", () => {
  const input = `${Buffer.from('{"auths":{}}').toString("base64")}\nthe rest\n`;
  const folder = mkdtempSync(join(tmpdir(), "machinist-run-"));
  try {
    const script = WITH_LOGINS.replaceAll("/run/", `${folder}/`);
    mkdirSync(join(folder, "machinist-login.4194303"));
    const program =
      'stat -c %a "$DOCKER_CONFIG/config.json"; cat "$DOCKER_CONFIG/config.json" -; ls "${DOCKER_CONFIG%/*}" | wc -l; exit 3';
    let said = "";
    try {
      execFileSync("sh", ["-c", script, "sh", "sh", "-c", program], { input, encoding: "utf8" });
    } catch (failure) {
      const { status, stdout } = failure as { status: number; stdout: string };
      said = `${status} ${stdout}`;
    }
    expect(said).toBe('3 600\n{"auths":{}}the rest\n1\n');
    expect(execFileSync("ls", [folder], { encoding: "utf8" })).toBe("");
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
});
