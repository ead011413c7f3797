import { spawnSync } from "node:child_process";
import { cpSync, mkdirSync } from "node:fs";
import { join } from "node:path";
import { openMachinist } from "@machinist/fleet";
import { type LabHosts, startHosts, unavailable } from "@machinist/lab";
import { testDriver } from "@machinist/testkit/suites";
import { afterAll, expect, test } from "vitest";
import { Program } from "../bad-input/program.ts";
import { root } from "../repository/packages.ts";
import { describeUnless } from "../skipped.ts";

const noDocker = spawnSync("docker", ["--version"]).status === 0 ? undefined : "docker's command line is not installed";
const reason = unavailable() ?? noDocker;

/** An image with a shell and sed, from the host's own files: no registry is asked. */
const baseImage = `set -e
programs=$(for each in sh sed cat mkdir rm sleep; do command -v $each; done)
libraries=$(ldd $programs | grep -o '/[^ ]*' | grep -v ':$' | sort -u)
named=$(for each in $programs $libraries; do echo "$(readlink -f "$(dirname "$each")")/$(basename "$each")"; done)
files=$(printf '%s\\n' $named $(readlink -f $named) | sort -u)
folders=$(dirname $files | sort -u)
tar -C / -c --no-recursion /usr /usr/lib $folders /bin /lib /lib64 $files 2>/dev/null | docker import - busybox`;

describeUnless(reason, "a driver that is an image, run by the Docker of a machine of ours", async () => {
  const cloud = "/srv/shelf";
  const image = "example/shshelf";
  let lab: LabHosts | undefined;
  const program = new Program();
  const env = (): Record<string, string> => ({
    DOCKER_HOST: `tcp://${lab!.hosts[0]!.address}:2376`,
    DOCKER_TLS_VERIFY: "1",
    DOCKER_CERT_PATH: join(program.store, "machines", "engine"),
    DOCKER_CONFIG: join(program.folder, "docker"),
    MACHINIST_DRIVER_MOUNTS: "/srv",
  });
  const onHost = (...argv: string[]) => lab!.hosts[0]!.exec(...argv);
  const files = async () => (await onHost("ls", cloud)).stdout.split("\n").filter((file) => file !== "");

  /** The engine, with the example's image in it. */
  const prepare = async () => {
    lab = await startHosts({ count: 1, image: "docker" });
    const [host] = lab.hosts;
    const how = [
      "--generic-ip-address",
      host!.address,
      "--generic-ssh-key",
      host!.identity,
      "--generic-trust-on-first-use",
      "true",
    ];
    await program.must(["create", "-d", "generic", ...how, "engine"]);
    mkdirSync(join(program.folder, "docker"));
    const built = await onHost("sh", "-c", `${baseImage}; mkdir -p ${cloud}`);
    if (built.code !== 0) throw new Error(built.stderr);
    const context = join(program.folder, "image");
    cpSync(join(root, "examples/driver-sh"), context, { recursive: true });
    const { status, stderr } = spawnSync("docker", ["build", "--quiet", "--tag", image, context], {
      env: { ...process.env, ...env(), DOCKER_BUILDKIT: "0" },
      encoding: "utf8",
    });
    if (status !== 0) throw new Error(stderr);
  };
  const close = async () => {
    program.remove();
    await lab?.dispose();
  };
  if (reason === undefined)
    await prepare().catch(async (thrown) => {
      await close();
      throw thrown;
    });
  afterAll(close);

  test("makes a machine from the command line, and is known by its own name from then on", async () => {
    const help = await program.must(["create", "-d", image, "--help"], { env: env() });
    expect(help.stdout).toMatch(/--shshelf-size <number> +How large \[default: 1\]/);
    const words = ["create", "-d", image, "--shshelf-folder", cloud, "--no-engine", "web"];
    await program.must(words, { env: env() });
    expect(await files()).toHaveLength(1);
    expect((await program.must(["ls"], { env: env() })).stdout).toMatch(/^web .*shshelf .*running/m);
    await program.must(["rm", "-y", "web"], { env: env() });
    expect(await files()).toEqual([]);
    expect((await onHost("docker", "ps", "--all", "--quiet")).stdout).toBe("");
  });

  if (reason === undefined) {
    const all = { ...process.env, ...env() };
    await using machinist = await openMachinist({ storagePath: program.store, env: all });
    testDriver({
      module: await machinist.driver(image),
      options: { folder: cloud },
      context: { env: all },
      replacing: { size: 2 },
      leftovers: async ({ uids }) => (await files()).filter((file) => uids.some((uid) => file.includes(uid))),
      foreign: async () => {
        await onHost("sh", "-c", `echo running > ${cloud}/theirs`);
        return {
          isThere: async () => (await files()).includes("theirs"),
          remove: async () => void (await onHost("rm", `${cloud}/theirs`)),
        };
      },
      breakProvider: async () => {
        await onHost("sh", "-c", `mv ${cloud} ${cloud}.away; touch ${cloud}`);
        return async () => void (await onHost("sh", "-c", `rm ${cloud}; mv ${cloud}.away ${cloud}`));
      },
      kills: 4,
      timeoutMs: 600_000,
    });
  }
});
