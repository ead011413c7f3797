import { execFile } from "node:child_process";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import type { LabHosts } from "@machinist/lab";
import { startHosts, unavailable } from "@machinist/lab";
import { afterAll, beforeAll, expect, it } from "vitest";
import { describeUnless, testUnless } from "../../../test/skipped.ts";
import type { DockerClient, TlsMaterial } from "../src/index.ts";
import { createEngineApi, writeContext } from "../src/index.ts";
import { makeAuthority } from "./authority.ts";
import { hasDockerCli } from "./context-fixture.ts";

const reason = unavailable();
const noDocker = (await hasDockerCli()) ? undefined : "there is no docker command here";

const SET_UP = `set -e
mkdir -p /etc/docker/tls /etc/systemd/system/docker.service.d
printf '%s' "$1" > /etc/docker/tls/ca.pem
printf '%s' "$2" > /etc/docker/tls/cert.pem
(umask 077; printf '%s' "$3" > /etc/docker/tls/key.pem)
exec=$(systemctl show -p ExecStart --value docker | sed 's/.*argv\\[\\]=\\([^;]*\\) ;.*/\\1/')
printf '[Service]\\nExecStart=\\nExecStart=%s -H tcp://0.0.0.0:2376 --tlsverify --tlscacert /etc/docker/tls/ca.pem --tlscert /etc/docker/tls/cert.pem --tlskey /etc/docker/tls/key.pem\\n' "$exec" > /etc/systemd/system/docker.service.d/tls.conf
systemctl daemon-reload
systemctl restart docker
`;

describeUnless(reason, "a real engine over mutual TLS", () => {
  const ours = makeAuthority();
  const tls: TlsMaterial = { ca: ours.cert, ...ours.client() };
  const clients: DockerClient[] = [];
  let lab: LabHosts;
  let folder: string;
  const url = () => `tcp://${lab.hosts[0]!.address}:2376`;
  const connect = (material: TlsMaterial | undefined) => {
    const api = createEngineApi({ url: url(), machine: "m1", ...(material === undefined ? {} : { tls: material }) });
    clients.push(api);
    return api;
  };

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), "machinist-engine-"));
    lab = await startHosts({ count: 1, image: "docker" });
    const host = lab.hosts[0]!;
    const server = ours.server([host.address]);
    const done = await host.exec("sh", "-c", SET_UP, "sh", ours.cert, server.cert, server.key);
    if (done.code !== 0) throw new Error(done.stderr);
  });
  afterAll(async () => {
    for (const client of clients) client.close();
    await lab?.dispose();
    await rm(folder, { recursive: true, force: true });
  });

  it("answers, and streams its events", async () => {
    const api = connect(tls);
    expect(await api.request("GET", "/version")).toMatchObject({ Version: expect.stringMatching(/^\d+\./) });
    const events = await api.stream("GET", "/events");
    const first = new Promise<string>((resolve) => events.once("data", (piece: Buffer) => resolve(piece.toString())));
    await api.request("POST", "/volumes/create", { body: { Name: "seen" } });
    expect(JSON.parse(await first)).toMatchObject({ Type: "volume", Action: "create" });
    events.destroy();
    await expect(api.request("GET", "/containers/none/json")).rejects.toMatchObject({
      code: "docker.http",
      cause: { status: 404 },
    });
  });

  it("refuses a stranger in words, time after time", async () => {
    const stranger = { ...tls, ...makeAuthority().client() };
    for (let attempt = 0; attempt < 10; attempt++)
      await expect(connect(stranger).request("GET", "/info")).rejects.toMatchObject({
        code: "docker.tls",
        message: expect.stringContaining("refused our certificate"),
      });
    await expect(connect({ ...tls, ca: makeAuthority().cert }).request("GET", "/info")).rejects.toMatchObject({
      code: "docker.tls",
    });
    await expect(connect(undefined).request("GET", "/info")).rejects.toMatchObject({ code: "docker.http" });
  });

  testUnless(noDocker, "answers the docker command through a context of ours", async () => {
    await writeContext(folder, { name: "m1", description: "", url: url(), owner: "own-1", tls });
    const env = { ...process.env, DOCKER_CONFIG: folder, DOCKER_HOST: "", DOCKER_CONTEXT: "m1" };
    const { stdout } = await promisify(execFile)("docker", ["version", "--format", "{{.Server.Version}}"], { env });
    expect(stdout).toMatch(/^\d+\./);
  });

  it("is unreachable when it stops, and answers the same client again when it is back", async () => {
    const api = connect(tls);
    await api.request("GET", "/info");
    await lab.hosts[0]!.exec("systemctl", "stop", "docker.service", "docker.socket");
    await expect(api.request("GET", "/info")).rejects.toMatchObject({ code: "docker.unreachable", retryable: true });
    await lab.hosts[0]!.exec("systemctl", "start", "docker.socket", "docker.service");
    expect(await api.request("GET", "/info")).toMatchObject({ ID: expect.any(String) });
  });
});
