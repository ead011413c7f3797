import { unavailable } from "@machinist/lab";
import { afterAll, beforeAll, expect, test } from "vitest";
import { describeUnless } from "../../../test/skipped.ts";
import { drift } from "../src/index.ts";
import { World } from "./lab-world.ts";

const D = "/etc/systemd/system/docker.service.d";
const dockerd = "/usr/sbin/dockerd -H fd:// --containerd=/run/containerd/containerd.sock";

describeUnless(unavailable(), "a Docker that others set up", () => {
  let world: World;
  beforeAll(async () => {
    world = await World.start(6, "docker");
  });
  afterAll(() => world?.[Symbol.asyncDispose]());

  const dropIn = (machine: string, name: string, ...lines: string[]) =>
    world.sh(
      machine,
      `mkdir -p ${D} && printf '%s\\n' '[Service]' ${lines.map((line) => `'${line}'`).join(" ")} > ${D}/${name}`,
    );
  const restart = (machine: string) => world.sh(machine, "systemctl daemon-reload && systemctl restart docker");
  const root = (machine: string) => world.sh(machine, "docker info -f '{{.DockerRootDir}}'");
  /** All that could be written to: nothing of it may differ after a refusal. */
  const written = (machine: string) =>
    world.sh(
      machine,
      `find /etc -newer /root/before -type f ! -name 'resolv.conf' | sort; cat /etc/hostname; systemctl show docker -p MainPID`,
    );

  test.each([
    ["m1", "10-data-root.conf"],
    ["m2", "override.conf"],
  ])("%s: the data root of %s is kept, whether ours is read before or after it", async (machine, name) => {
    await dropIn(machine, name, "ExecStart=", `ExecStart=${dockerd} --data-root /srv/d $DOCKER_OPTS`);
    await restart(machine);
    const before = await world.container(machine, "prod");
    const { state, call } = await world.create(machine);
    expect(await root(machine)).toBe("/srv/d");
    expect(await world.life(machine, "prod")).toBe(before);
    expect(drift(state, call.props)).toEqual([]);
    await world.kind.delete({ ...call, state });
    expect(await world.life(machine, "prod")).toBe(before);
    expect(await world.sh(machine, `ls ${D}`)).toBe(name);
  });

  test("a drop-in of theirs that systemd has not read yet, and another later on, are taken in", async () => {
    const before = await world.container("m3", "prod");
    await dropIn("m3", "10-log.conf", "ExecStart=", `ExecStart=${dockerd} --log-level=warn`);
    const { state, call } = await world.create("m3");
    expect(await world.sh("m3", "tr '\\0' ' ' < /proc/$(pidof dockerd)/cmdline")).toContain("--log-level=warn -H tcp:");
    await dropIn("m3", "override.conf", "ExecStart=", `ExecStart=${dockerd} --log-level=error`);
    await world.sh("m3", "systemctl daemon-reload");
    const seen = (await world.read("m3", {}, state))!;
    expect(drift(seen, call.props)).toEqual(["unit"]);
    await world.update("m3", {}, seen, ["unit"]);
    expect(await world.sh("m3", "tr '\\0' ' ' < /proc/$(pidof dockerd)/cmdline")).toContain(
      "--log-level=error -H tcp:",
    );
    expect(await world.life("m3", "prod")).toBe(before);
  });

  test("what cannot be kept is refused before anything is written", async () => {
    await world.container("m4", "prod");
    const refused = async (code: string, message: RegExp) => {
      await world.sh("m4", "systemctl daemon-reload; touch /root/before; sleep 0.01");
      const before = await written("m4");
      await expect(world.create("m4")).rejects.toMatchObject({
        code,
        message: expect.stringMatching(message),
        hint: expect.stringContaining("Nothing was changed"),
      });
      expect(await written("m4")).toBe(before);
    };
    await dropIn("m4", "zzz.conf", "ExecStart=", `ExecStart=${dockerd}`);
    await refused("provision.unit", /zzz\.conf/);
    await world.sh("m4", `rm ${D}/zzz.conf; echo 'DOCKER_OPTS="-H tcp://127.0.0.1:2375"' > /etc/default/docker`);
    await refused("provision.unit", /--host tcp:\/\/127\.0\.0\.1:2375/);
    await world.sh("m4", `echo 'DOCKER_OPTS="--label a=b"' > /etc/default/docker`);
    await refused("provision.unit", /--label/);
    await world.sh("m4", ": > /etc/default/docker");
  });

  test("images that would be out of sight are an error, and Docker runs again as it did", async () => {
    await dropIn(
      "m4",
      "root.conf",
      "Environment=ROOT=/srv/d",
      "ExecStart=",
      `ExecStart=${dockerd} --data-root \${ROOT}`,
    );
    await restart("m4");
    const before = await world.container("m4", "there");
    await expect(world.create("m4", { env: { ROOT: "/srv/elsewhere" } })).rejects.toMatchObject({
      code: "provision.out-of-sight",
      hint: expect.stringContaining("data root"),
      cause: expect.stringContaining("/srv/elsewhere"),
    });
    expect(await root("m4")).toBe("/srv/d");
    expect(await world.life("m4", "there")).toBe(before);
    expect(await world.sh("m4", `ls ${D}`)).toBe("root.conf");
  });

  test("a Swarm is seen wherever its data is, and live-restore is not lent to its nodes", async () => {
    await world.sh("m5", `echo 'DOCKER_OPTS="--data-root=/srv/d"' > /etc/default/docker`);
    await restart("m5");
    await world.sh("m5", "docker swarm init --autolock");
    await world.container("m5", "prod");
    const { state, call } = await world.create("m5");
    expect([state.swarm, state.root, state.running]).toEqual([true, "/srv/d", true]);
    expect(call.logs).toContainEqual(expect.stringContaining("is in a Swarm"));
    // Docker was restarted, and the Swarm has been unlocked with the key that its manager told before.
    expect(await world.sh("m5", "docker info -f '{{.Swarm.LocalNodeState}}'")).toBe("active");
    await expect.poll(() => world.sh("m5", "docker node ls --format '{{.Status}}'")).toBe("Ready");
    await world.sh("m5", "docker rm -f prod");
    await expect.poll(() => world.sh("m5", "pgrep -c containerd-shim || true")).toBe("0");
    await expect(world.update("m5", { options: { "live-restore": true } }, state)).rejects.toMatchObject({
      code: "provision.live-restore",
    });
    await world.kind.delete({ ...call, state });
    expect(await world.sh("m5", "docker info -f '{{.Swarm.LocalNodeState}}'")).toBe("active");
  });

  test("their daemon.json keeps mode, owner and link, is read with a byte order mark, and is not told", async () => {
    const secret = '{"log-driver":"splunk","log-opts":{"splunk-token":"hunter2","splunk-url":"http://127.0.0.1:9"}}';
    await world.sh("m6", "useradd -m ops; mkdir -p /etc/site /etc/docker");
    await world.sh(
      "m6",
      `printf '\\357\\273\\277%s' '${secret}' > /etc/site/daemon.json; chown ops: /etc/site/daemon.json; chmod 600 /etc/site/daemon.json`,
    );
    await world.sh("m6", "ln -s ../site/daemon.json /etc/docker/daemon.json; systemctl restart docker");
    const marks = "stat -c '%N' /etc/docker/daemon.json; stat -c '%a %U %F' /etc/site/daemon.json; ls -A /etc/site";
    const before = await world.sh("m6", marks);
    const spec = { logDriver: "json-file", logOptions: { "max-size": "1m" } };
    const { state, call } = await world.create("m6", spec);
    expect(await world.sh("m6", marks)).toBe(before);
    expect(call.logs.join()).not.toContain("hunter2");
    expect(await world.sh("m6", "cat /etc/site/daemon.json")).toContain('"max-size": "1m"');
    await expect(world.update("m6", { storageDriver: "nonsense" }, state)).rejects.toMatchObject({
      code: "provision.daemon",
    });
    expect(await world.sh("m6", marks)).toBe(before);
    await world.kind.delete({ ...call, state });
    expect(await world.sh("m6", marks)).toBe(before);
    expect(JSON.parse(await world.sh("m6", "cat /etc/site/daemon.json"))).toEqual(JSON.parse(secret));
  });

  test("the environment is for root alone, and hosts of before get it so", async () => {
    const value = "http://user:hunter2@127.0.0.1:9/ $HOME `id` 'q' \\\\";
    const { state, call } = await world.create("m6", { env: { HTTP_PROXY: value } });
    const environ = () => world.sh("m6", "tr '\\0' '\\n' < /proc/$(pidof dockerd)/environ");
    expect((await environ()).split("\n")).toContain(`HTTP_PROXY=${value}`);
    expect(await world.sh("m6", "systemctl show docker; systemctl cat docker")).not.toContain("hunter2");
    expect(await world.sh("m6", "stat -c '%a %U' /etc/docker/machinist.env")).toBe("600 root");
    // As an earlier version left it.
    const line = "Environment=HTTP_PROXY=http://user:hunter2@127.0.0.1:9/";
    await world.sh(
      "m6",
      `cd ${D} && sed 's#^EnvironmentFile=.*#${line}#' zz-machinist.conf > 10-machinist.conf && rm zz-machinist.conf /etc/docker/machinist.env`,
    );
    await restart("m6");
    const seen = (await world.read("m6", call.props, state))!;
    expect(drift(seen, call.props)).toEqual(["unit"]);
    const { state: after } = await world.update("m6", { env: { HTTP_PROXY: value } }, seen, ["unit"]);
    expect(await world.sh("m6", `systemctl show docker; ls ${D}`)).not.toMatch(/hunter2|10-machinist/);
    expect((await environ()).split("\n")).toContain(`HTTP_PROXY=${value}`);
    const { state: none } = await world.update("m6", {}, after, ["env"]);
    expect(await world.sh("m6", "ls -A /etc/docker")).not.toContain("machinist.env");
    expect(drift(none, call.props)).toEqual(["unit"]);
  });
});
