import { describe, expect, test } from "vitest";
import { environmentIn } from "../src/config/exec-line.ts";
import { openrcService, systemdService, unitEnvironment } from "../src/host/service.ts";

const unit = (exec: string) => ({
  path: "/usr/lib/systemd/system/docker.service",
  text: `[Service]\nExecStart=${exec}\n`,
});
const dropIn = (name: string, ...lines: string[]) => ({
  path: `/etc/systemd/system/docker.service.d/${name}`,
  text: ["[Service]", ...lines, ""].join("\n"),
});
const debian = unit("/usr/sbin/dockerd -H fd:// \\\n  --containerd=/c.sock $DOCKER_OPTS");
const seen = (files: Parameters<typeof systemdService>[0], environment = {}) =>
  systemdService(files, environment, { masked: false });

describe("how a host starts dockerd without us", () => {
  test("is the last line in force, ours apart", () => {
    const ours = dropIn("zz-machinist.conf", "ExecStart=", "ExecStart=/usr/sbin/dockerd -H tcp://0.0.0.0:2376");
    expect(seen([debian, ours])).toEqual({
      exec: "/usr/sbin/dockerd -H fd://    --containerd=/c.sock $DOCKER_OPTS",
      flags: ["containerd", "host"],
    });
    for (const name of ["10-data-root.conf", "override.conf"]) {
      const theirs = dropIn(name, "ExecStart=", "ExecStart=/usr/sbin/dockerd -H fd:// --data-root /srv/d");
      const files = [debian, dropIn("10-machinist.conf", "ExecStart=", "ExecStart=/x"), theirs, ours];
      expect(seen(files)).toEqual({
        exec: "/usr/sbin/dockerd -H fd:// --data-root /srv/d",
        flags: ["data-root", "host"],
      });
    }
    expect(seen([debian, dropIn("a.conf", "ExecStart=")]).exec).toBe("");
    expect(seen([])).toEqual({ exec: "", flags: [] });
  });

  test("has its variables put in, files' over settings'", () => {
    const environment = unitEnvironment(`DOCKER_OPTS=--debug "X=a b"`, [
      `# none\nDOCKER_OPTS="--data-root=/srv/d --label 'a=b c' -H unix:///run/x"\n`,
    ]);
    expect(environment).toEqual({ DOCKER_OPTS: "--data-root=/srv/d --label 'a=b c' -H unix:///run/x", X: "a b" });
    expect(seen([debian], environment).flags).toEqual(["containerd", "data-root", "host", "label"]);
  });

  test.each([
    ["-H tcp://0.0.0.0:2375", "--host tcp://0.0.0.0:2375"],
    ["-H=127.0.0.1:2375", "--host 127.0.0.1:2375"],
    ["--host=tcp://[::]:1", "--host tcp://[::]:1"],
    ["--tlsverify", "--tlsverify"],
    ["--tlscacert /etc/ssl/ca.pem", "--tlscacert /etc/ssl/ca.pem"],
    ["--config-file=/etc/other.json", "--config-file /etc/other.json"],
  ])("cannot be kept: %s", (words, said) => {
    expect(seen([unit(`/usr/bin/dockerd ${words}`)]).problem?.message).toBe(
      `dockerd on the host is started with ${said}`,
    );
    expect(seen([debian], { DOCKER_OPTS: words }).problem?.message).toContain(said);
    expect(openrcService(`DOCKER_OPTS="${words}"\n`).problem).toMatchObject({
      message: expect.stringContaining(said),
      hint: expect.stringContaining("/etc/conf.d/docker"),
    });
  });

  test.each(["-H fd://", "-H unix:///run/docker.sock", "--config-file /etc/docker/daemon.json"])(
    "is kept: %s",
    (words) => {
      expect(seen([unit(`/usr/bin/dockerd ${words}`)]).problem).toBeUndefined();
    },
  );

  test("cannot be added to: a shell, a drop-in that is read after ours, a masked unit", () => {
    expect(seen([unit(`/bin/sh -c "exec dockerd"`)]).problem?.message).toContain("/bin/sh");
    const later = dropIn("zzz.conf", "ExecStart=", "ExecStart=/usr/sbin/dockerd");
    expect(seen([debian, later]).problem).toMatchObject({
      message: expect.stringContaining("zzz.conf"),
      hint: expect.stringContaining("sorts before"),
    });
    expect(seen([debian, dropIn("zzz.conf", "Environment=A=1")]).problem).toBeUndefined();
    expect(systemdService([], {}, { masked: true }).problem?.hint).toContain("systemctl unmask");
    const snap = { masked: false, foreign: "/snap/docker/1/bin/dockerd" };
    expect(systemdService([], {}, snap).problem?.message).toContain("/snap/docker/1/bin/dockerd");
  });

  test("a file of assignments is read as systemd reads it", () => {
    expect(environmentIn(`A=1\n export B='x y'\n;C=1\n#D=2\nE="a\\"b"\nF=x y\n`)).toEqual({
      ...{ A: "1", B: "x y", E: 'a"b', F: "x y" },
    });
  });
});
