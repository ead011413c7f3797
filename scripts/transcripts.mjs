/**
 * `pnpm transcripts [NAME...]`, as root: what is typed and answered with the published program on real hosts. Of each
 * driver: one machine, made with the flags of an old docker-machine command line, asked `docker info` over mutual TLS,
 * removed; and nothing may be left. `demo`: the demo and changes to it. `crash-loop`: a service that ends again and again.
 */
import { mkdirSync, mkdtempSync, rmSync, symlinkSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import * as lab from "@machinist/lab";
import { Program } from "./real/program.mjs";
import { Refusal, say, script } from "./setup/clone.mjs";
import { preparePacked } from "./setup/packed.mjs";
import { crashLoop, demoChanges } from "./transcripts/changes.mjs";

/**
 * @typedef {object} Counterpart what stands where a provider stands
 * @property {NodeJS.ProcessEnv} env
 * @property {readonly string[]} flags
 * @property {() => Promise<readonly string[]>} inventory
 * @property {() => Promise<void>} close
 * @property {string} [folder] where the store has to lie
 */

/** @type {Readonly<Record<string, () => Promise<Counterpart>>>} */
const counterparts = {
  async amazonec2() {
    const hosts = await lab.openCloudHosts();
    const server = await lab.Ec2Server.start({ hosts });
    return {
      // Flags with secrets hold for one run; later commands find them where the provider's own tools do.
      env: { AWS_EC2_METADATA_DISABLED: "true", AWS_ACCESS_KEY_ID: "AKIAEXAMPLE", AWS_SECRET_ACCESS_KEY: "example" },
      flags: [
        ...["--amazonec2-access-key=AKIAEXAMPLE", "--amazonec2-secret-key=example", "--amazonec2-region", "us-east-1"],
        ...["--amazonec2-zone", "a", "--amazonec2-instance-type=t3.small", "--amazonec2-root-size", "16"],
        ...["--amazonec2-ssh-user", "debian", "--amazonec2-tags", "team,web", "--amazonec2-open-port", "8080"],
        ...["--amazonec2-monitoring", "--amazonec2-retries", "5", "--amazonec2-endpoint", server.url],
        ...["--amazonec2-ami", "debian-13", "--amazonec2-ingress-cidr", "192.0.2.7/32"],
      ],
      inventory: () => server.inventory(),
      close: async () => {
        await server.close();
        await hosts.dispose();
      },
    };
  },
  async digitalocean() {
    const hosts = await lab.openCloudHosts();
    const server = await lab.openDigitalOcean({ hosts });
    return {
      env: { DIGITALOCEAN_ACCESS_TOKEN: server.token },
      flags: [
        ...[`--digitalocean-access-token=${server.token}`, "--digitalocean-region", "fra1"],
        ...["--digitalocean-image", "debian-13-x64", "--digitalocean-size=s-1vcpu-1gb"],
        ...["--digitalocean-private-networking", "--digitalocean-tags", "web,team"],
        ...["--digitalocean-ssh-user", "root", "--digitalocean-ssh-port", "22"],
        ...["--digitalocean-api-url", server.url, "--digitalocean-address-url", server.addressUrl],
      ],
      // A tag of the user's is a word of the whole account: DigitalOcean keeps it when its last droplet goes.
      inventory: async () => [
        ...server.inventory().filter((each) => each !== "tag web" && each !== "tag team"),
        ...server.faults,
      ],
      close: async () => {
        await server.close();
        await hosts.dispose();
      },
    };
  },
  async virtualbox() {
    const box = await lab.openVirtualBox();
    return {
      env: { ...box.env },
      folder: box.folder,
      flags: [
        ...["--virtualbox-memory", "1024", "--virtualbox-cpu-count=2", "--virtualbox-disk-size", "8000"],
        ...["--virtualbox-no-share", "--virtualbox-no-vtx-check", "--virtualbox-ui-type", "headless"],
        ...["--virtualbox-image", "debian:trixie", "--virtualbox-image-package", "docker.io,docker-cli"],
      ],
      inventory: async () => (await box.manage("list", "vms")).stdout.split("\n").filter(Boolean),
      close: () => box.dispose(),
    };
  },
  async qemu() {
    return {
      env: {},
      flags: [
        ...["--qemu-memory", "1024", "--qemu-cpus", "2"],
        ...["--qemu-image", "debian:trixie", "--qemu-image-package", "docker.io,docker-cli"],
      ],
      inventory: async () => [],
      close: async () => {},
    };
  },
};

/** @type {Readonly<Record<string, () => Promise<void>>>} */
const stories = { demo: demoChanges, "crash-loop": crashLoop };

const names = [...Object.keys(counterparts), ...Object.keys(stories)];

/** @param {Program} program */
const shell = (program) => {
  /** @param {readonly string[]} argv */
  return async (...argv) => {
    say(`$ machinist ${argv.map((word) => word.replace(/(token|secret-key)=.*/, "$1=…")).join(" ")}`);
    const { code, stdout, stderr } = await program.run(...argv);
    for (const text of [stdout, stderr]) if (text.trim() !== "") say(text.trimEnd());
    if (code !== 0) throw new Refusal(`It ended with ${code}.`);
    return stdout;
  };
};

/** @param {string} driver */
async function show(driver) {
  say(`\n== ${driver}`);
  const story = stories[driver];
  if (story) {
    await story();
    return 0;
  }
  const open = counterparts[driver];
  if (!open) throw new Refusal(`There is no ${driver}. There are: ${names.join(", ")}.`);
  const counterpart = await open();
  const folder = mkdtempSync(join(counterpart.folder ?? tmpdir(), "machinist-transcript-"));
  await preparePacked();
  const program = new Program(folder, counterpart.env);
  try {
    // Images are built once for all that is tried on this computer.
    mkdirSync(program.store, { mode: 0o700 });
    symlinkSync(lab.imageCache(), join(program.store, "cache"));
    const machinist = shell(program);
    await machinist("create", "--driver", driver, ...counterpart.flags, "--engine-label", "env=old", "box");
    await machinist("ls");
    const flags = (await machinist("config", "box"))
      .split("\n")
      .filter(Boolean)
      .map((line) => line.replaceAll('"', ""));
    await docker(program, [
      ...flags,
      "info",
      "--format",
      "{{.Name}}: Docker {{.ServerVersion}} on {{.OperatingSystem}}, labels {{.Labels}}",
    ]);
    await machinist("rm", "-y", "box");
    await machinist("prune", "-d", driver, ...counterpart.flags, "--yes");
    const left = await counterpart.inventory();
    say(left.length === 0 ? "Nothing is left at the provider." : `LEFT: ${left.join("; ")}`);
    return left.length === 0 ? 0 : 1;
  } finally {
    await counterpart.close();
    rmSync(program.folder, { recursive: true, force: true });
  }
}

/**
 * Docker's own client, as anybody would use it.
 * @param {Program} program
 * @param {readonly string[]} args
 */
async function docker(program, args) {
  const { run } = await import("./setup/child.mjs");
  say(`$ docker $(machinist config box) info`);
  const { code, output } = await run("docker", args, { env: program.env, quiet: true, minutes: 1 });
  say(output.trimEnd());
  if (code !== 0) throw new Refusal(`It ended with ${code}.`);
}

await script(async () => {
  const asked = process.argv.slice(2);
  let worst = 0;
  for (const name of asked.length > 0 ? asked : names) worst = Math.max(worst, await show(name));
  return worst;
});
