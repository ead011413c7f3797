import amazonec2 from "@machinist/driver-amazonec2";
import { resolveOptions } from "@machinist/options";
import { expect, test } from "vitest";

const known = [...Object.keys(amazonec2.options.properties), ...Object.keys(amazonec2.credentials ?? {})];

test("every flag of docker-machine and its forks is taken", () => {
  const dockerMachine =
    "access-key ami block-duration-minutes device-name endpoint iam-instance-profile insecure-transport instance-type " +
    "keypair-name monitoring open-port private-address-only region request-spot-instance retries root-size secret-key " +
    "security-group security-group-readonly session-token spot-price ssh-keypath ssh-port ssh-user subnet-id tags " +
    "use-ebs-optimized-instance use-private-address userdata volume-type vpc-id zone";
  const rancher =
    "encrypt-ebs-volume kms-key http-endpoint http-tokens http-protocol-ipv6 http-put-response-hop-limit " +
    "ipv6-address-count ipv6-address-only enable-primary-ipv6";
  const gitlab = "metadata-token metadata-token-response-hop-limit";
  expect(`${dockerMachine} ${rancher} ${gitlab}`.split(" ").filter((flag) => !known.includes(flag))).toEqual([]);
});

test("a command line of docker-machine means what it meant", async () => {
  // docker-machine create -d amazonec2 --amazonec2-region eu-west-1 --amazonec2-zone b … as flags give it.
  const given = {
    region: "eu-west-1",
    zone: "b",
    "instance-type": "t2.medium",
    "root-size": "30",
    "open-port": "8080,443/tcp",
    tags: "team,lab,env,test",
    "request-spot-instance": "true",
    "spot-price": "0.50",
    "block-duration-minutes": "60",
    "security-group-readonly": "true",
    retries: "5",
    "ssh-user": "ubuntu",
    "use-private-address": "true",
  };
  const options = resolveOptions(amazonec2, given, { AWS_VPC_ID: "vpc-12ab" });
  const driver = amazonec2.create({ cacheDir: "/", machineDir: () => "/", env: {} });
  const resources = await driver.plan({ name: "box", fleet: "default", publicKey: "ssh-ed25519 AAAA x" }, options);
  expect(resources.map(({ kind }) => kind)).toEqual([
    "amazonec2.key-pair",
    "amazonec2.security-group",
    "amazonec2.security-group",
    "amazonec2.instance",
  ]);
  expect(resources[1]?.props).toMatchObject({ vpcId: "vpc-12ab", open: ["8080", "443/tcp"], from: ["auto"] });
  expect(resources[3]?.props).toMatchObject({
    place: { region: "eu-west-1", endpoint: "" },
    zone: "b",
    "instance-type": "t2.medium",
    "root-size": 30,
    tags: { team: "lab", env: "test" },
    "request-spot-instance": true,
    "spot-price": "0.50",
    "ssh-user": "ubuntu",
    reach: "private",
  });
});

test("nothing is opened to the world, in the clear, or without IMDSv2 unless asked for", async () => {
  const options = resolveOptions(amazonec2, {}, {});
  expect(options).toMatchObject({ "encrypt-ebs-volume": true, "http-tokens": "required", "ingress-cidr": ["auto"] });
  expect(options["open-port"]).toEqual([]);
});

test.each([
  [{ tags: ["one"] }, "options.invalid"],
  [{ tags: ["aws:x=1"] }, "options.invalid"],
  [{ "keypair-name": "mine" }, "options.invalid"],
])("%j is refused", async (given, code) => {
  const driver = amazonec2.create({ cacheDir: "/", machineDir: () => "/", env: {} });
  const options = resolveOptions(amazonec2, given, {});
  const machine = { name: "box", fleet: "default", publicKey: "ssh-ed25519 AAAA x" };
  expect(() => driver.plan(machine, options)).toThrowError(expect.objectContaining({ code }));
});

test.each([
  { region: "nowhere" },
  { ami: "windows" },
  { "instance-type": "t3" },
  { zone: "us-east-1a" },
  { "ingress-cidr": ["1.2.3.4"] },
  { "open-port": ["http"] },
  { "root-size": 0 },
])("%j is refused", (given) => {
  expect(() => resolveOptions(amazonec2, given, {})).toThrowError(expect.objectContaining({ code: "options.invalid" }));
});

test("your own groups are used as they are, and ports to open go into a group beside them", async () => {
  const driver = amazonec2.create({ cacheDir: "/", machineDir: () => "/", env: {} });
  const plan = (given: Record<string, string[]>) =>
    driver.plan(
      { name: "box", fleet: "default", publicKey: "ssh-ed25519 AAAA x" },
      resolveOptions(amazonec2, given, {}),
    );
  const alone = await plan({ "security-group": ["mine"] });
  expect(alone.map(({ kind }) => kind)).toEqual(["amazonec2.key-pair", "amazonec2.instance"]);
  const both = await plan({ "security-group": ["mine"], "open-port": ["80"] });
  expect(both.find(({ kind }) => kind === "amazonec2.security-group")?.props).toMatchObject({ from: [], open: ["80"] });
});
