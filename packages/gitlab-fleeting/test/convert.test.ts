import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { DriverModule } from "@machinist/core";
import amazonec2 from "@machinist/driver-amazonec2";
import digitalocean from "@machinist/driver-digitalocean";
import { generic } from "@machinist/driver-generic";
import { checkConfig, convertConfig } from "@machinist/gitlab-fleeting";
import { parse } from "smol-toml";
import { afterEach, beforeEach, expect, test } from "vitest";

let top: string;
beforeEach(() => {
  top = mkdtempSync(join(tmpdir(), "machinist-fleeting-"));
});
afterEach(() => rmSync(top, { recursive: true, force: true }));

/** As somebody's plugin lists its flags. */
const hetzner: DriverModule = {
  name: "hetzner",
  description: "Somebody else's driver",
  options: {
    type: "object",
    additionalProperties: false,
    properties: {
      "server-type": { type: "string", description: "Type", default: "cx11" },
      "use-private-network": { type: "boolean", description: "Private network" },
      networks: { type: "array", description: "Networks", "x-whole": true },
    },
  },
  credentials: { "api-token": { description: "Token", env: "HETZNER_API_TOKEN" } },
  create: () => {
    throw new Error("nothing is made");
  },
};

const drivers = [digitalocean, amazonec2, generic, hetzner];
const old = (machine: string, more = "") => `
concurrent = 10
[[runners]]
  name = "shared"
  token = "glrt-secret"
  executor = "docker+machine"
  ${more}
  [runners.docker]
    image = "alpine"
  [runners.machine]
    ${machine}
`;

async function convert(text: string) {
  const path = join(top, "config.toml");
  writeFileSync(path, text);
  const env = { HOME: top, MACHINE_STORAGE_PATH: join(top, "store") };
  const [converted] = await convertConfig(path, { env, drivers });
  expect(converted!.toml).not.toContain("secret");
  const { runners } = parse(converted!.toml) as {
    runners: [{ executor: string; autoscaler: Record<string, unknown> }];
  };
  expect(runners[0].executor).toBe("docker-autoscaler");
  // What comes out is what the plugin takes.
  writeFileSync(path, converted!.toml);
  const [checked] = await checkConfig(path, { env, drivers });
  return { ...runners[0].autoscaler, notes: converted!.notes, problem: checked?.problem?.message };
}

test("a runner on DigitalOcean: options by type, Docker's own, and no token", async () => {
  const machine = `
    MachineDriver = "digitalocean"
    MachineName = "CI-Runner-%s"
    MachineOptions = [
      "digitalocean-region=fra1", "digitalocean-ipv6", "digitalocean-tags=ci,docker", "digitalocean-access-token=dop_v1_secret",
      "engine-registry-mirror=https://one.example", "engine-registry-mirror=https://two.example", "engine-label=team=infra",
      "engine-opt=mtu=1400", "engine-opt=dns=9.9.9.9", "engine-storage-driver=overlay2", "engine-opt=tlscert=/x", "tls-san=ci.example", "swarm-master",
    ]
    IdleCount = 2
    IdleTime = 1200
    MaxBuilds = 1
    MaxGrowthRate = 4`;
  expect(await convert(old(machine, "limit = 10"))).toEqual({
    plugin: "fleeting-plugin-machinist",
    capacity_per_instance: 1,
    max_use_count: 1,
    max_instances: 10,
    plugin_config: {
      name: "ci-runner",
      driver: "digitalocean",
      lease: "6h",
      max_size: 10,
      options: { region: "fra1", ipv6: true, tags: ["ci", "docker"] },
      engine: {
        "registry-mirrors": ["https://one.example", "https://two.example"],
        labels: { team: "infra" },
        options: { mtu: 1400 },
        dns: ["9.9.9.9"],
        "storage-driver": "overlay2",
        sans: ["ci.example"],
      },
    },
    policy: [{ idle_count: 2, idle_time: "1200s" }],
    notes: [
      "MaxGrowthRate is left out: [runners.autoscaler.scale_throttle] limits new machines by the second, if the driver's own limit is not enough",
      "digitalocean-access-token is a secret: set DIGITALOCEAN_ACCESS_TOKEN in the environment of gitlab-runner",
      "engine-opt=tlscert is left out: machinist sets it itself, or dockerd does not take it",
      "swarm-master has no counterpart",
    ],
    problem: undefined,
  });
});

test("a runner on Amazon EC2: periods of the day as policies, the last that matches first no more", async () => {
  const machine = `
    MachineDriver = "amazonec2"
    MachineName = "%s"
    MachineOptions = ["amazonec2-region=eu-central-1", "amazonec2-request-spot-instance=true", "amazonec2-root-size=40", "amazonec2-made-up=1"]
    IdleCount = 20
    IdleCountMin = 2
    IdleScaleFactor = 0.5
    IdleTime = 600
    OffPeakPeriods = ["* * 0-7 * * mon-fri *"]
    OffPeakTimezone = "Europe/Berlin"
    OffPeakIdleCount = 0
    OffPeakIdleTime = 60
    [[runners.machine.autoscaling]]
      Periods = ["* * 9-17 * * mon-fri *", "30 * * * * sat *"]
      Timezone = "UTC"
      IdleCount = 50
      IdleTime = 3600`;
  expect(await convert(old(machine))).toMatchObject({
    plugin_config: {
      name: "ci",
      driver: "amazonec2",
      options: { region: "eu-central-1", "request-spot-instance": true, "root-size": 40 },
    },
    policy: [
      { idle_count: 2, idle_time: "600s", scale_factor: 0.5, scale_factor_limit: 18 },
      { periods: ["* 0-7 * * mon-fri"], timezone: "Europe/Berlin", idle_count: 0, idle_time: "60s" },
      { periods: ["* 9-17 * * mon-fri", "* * * * sat"], timezone: "UTC", idle_count: 50, idle_time: "3600s" },
    ],
    notes: [
      "without limit, plugin_config allows 100 machines at once (max_size)",
      "amazonec2-made-up has no counterpart",
      'the period "30 * * * * sat *" names seconds, which policies do not have',
    ],
    problem: undefined,
  });
});

test("a runner on one host of its own", async () => {
  const machine = `
    MachineDriver = "generic"
    MachineName = "box-%s"
    MachineOptions = ["generic-ip-address=192.0.2.7", "generic-ssh-user=debian", "generic-ssh-port=2222"]`;
  expect(await convert(old(machine, "limit = 1"))).toMatchObject({
    plugin_config: {
      driver: "generic",
      options: { "ip-address": "192.0.2.7", "ssh-user": "debian", "ssh-port": 2222 },
    },
    policy: [{ idle_count: 0, idle_time: "0s" }],
    notes: [],
  });
});

test("a runner with somebody else's plugin", async () => {
  const machine = `
    MachineDriver = "hetzner"
    MachineName = "hz-%s"
    MachineOptions = ["hetzner-api-token=secret", "hetzner-server-type=cx22", "hetzner-use-private-network", "hetzner-networks=a", "hetzner-networks=b"]`;
  expect(await convert(old(machine, "limit = 3"))).toMatchObject({
    plugin_config: {
      driver: "hetzner",
      options: { "server-type": "cx22", "use-private-network": true, networks: ["a", "b"] },
    },
    notes: ["hetzner-api-token is a secret: set HETZNER_API_TOKEN in the environment of gitlab-runner"],
  });
});

test.each([
  [
    "no [runners.machine]",
    '[[runners]]\n name = "x"\n executor = "docker"',
    "fleeting.config",
    /has a \[runners.machine\]/,
  ],
  ["no driver", old('MachineName = "x-%s"'), "fleeting.config", /names no MachineDriver/],
  ["a driver that is not here", old('MachineDriver = "nowhere"'), "driver.unknown", /no driver "nowhere"/],
  ["no TOML", "[[runners", "fleeting.config", /is no TOML/],
])("%s is said, with what to do", async (_what, text, code, words) => {
  await expect(convert(text)).rejects.toMatchObject({
    code,
    message: expect.stringMatching(words),
    hint: expect.stringMatching(/./),
  });
});

const withOptions = (...options: string[]) =>
  old(`MachineDriver = "hetzner"\nMachineName = "ci-%s"\nMachineOptions = ${JSON.stringify(options)}`, "limit = 1");

test("passwords in what Docker is set up with come from variables, and a dollar sign stays one", async () => {
  const converted = await convert(
    withOptions(
      "engine-registry-mirror=https://me:secret@mirror.example",
      "engine-env=HTTP_PROXY=http://me:secret@proxy.example:3128",
      "engine-env=API_TOKEN=secret",
      "engine-env=PRICE=5$",
      "engine-opt=log-opt=splunk-token=secret",
      "hetzner-server-type=$cx",
    ),
  );
  expect(converted).toMatchObject({
    plugin_config: {
      options: { "server-type": "$$cx" },
      engine: {
        "registry-mirrors": ["${CI_ENGINE_REGISTRY_MIRRORS_1}"],
        env: { HTTP_PROXY: "${CI_ENGINE_ENV_HTTP_PROXY}", API_TOKEN: "${CI_ENGINE_ENV_API_TOKEN}", PRICE: "5$$" },
        "log-options": { "splunk-token": "${CI_ENGINE_LOG_OPTIONS_SPLUNK_TOKEN}" },
      },
    },
  });
  const { notes } = converted;
  expect(notes).toContain(
    "engine.env.API_TOKEN is a secret: set CI_ENGINE_ENV_API_TOKEN in the environment of gitlab-runner",
  );
  expect(notes.join()).not.toMatch(/:secret@|=secret/);
});

test("an item of a list keeps its commas where the driver takes them for a part of it", async () => {
  const converted = await convert(withOptions("hetzner-networks=a,b", "hetzner-networks=c"));
  expect(converted).toMatchObject({ plugin_config: { options: { networks: ["a,b", "c"] } } });
});

test("two runners with one MachineName get groups of their own", async () => {
  const path = join(top, "config.toml");
  writeFileSync(path, withOptions() + withOptions());
  const converted = await convertConfig(path, { env: { HOME: top }, drivers });
  expect(converted.map(({ toml }) => /^name = "(.*)"$/m.exec(toml)?.[1])).toEqual(["ci", "ci-2"]);
});

test("periods of a single year, and sections without any, do not become policies that always hold", async () => {
  const periods = (...texts: string[]) =>
    `[[runners.machine.autoscaling]]\nPeriods = ${JSON.stringify(texts)}\nIdleCount = 50\n`;
  const machine = `MachineDriver = "hetzner"\n${periods("* * * * * sat 2027")}${periods()}${periods("* * * * * sun *", "* 9-17 * * fri *")}`;
  const converted = await convert(old(machine, "limit = 1"));
  expect(converted).toMatchObject({
    policy: [
      { idle_count: 0, idle_time: "0s" },
      { periods: ["* * * * sun", "* 9-17 * * fri"], idle_count: 50, idle_time: "0s" },
    ],
  });
  expect(converted.notes).toContain('the period "* * * * * sat 2027" is left out: policies have no year');
});
