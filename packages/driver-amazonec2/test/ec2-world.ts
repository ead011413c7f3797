import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { EC2 } from "@aws-sdk/client-ec2";
import type { Data, Driver, Resource } from "@machinist/core";
import amazonec2 from "@machinist/driver-amazonec2";
import { Ec2Server } from "@machinist/lab";
import { resolveOptions } from "@machinist/options";
import { FastClock } from "@machinist/testkit";
import { Harness } from "@machinist/testkit/suites";

const credentials = { accessKeyId: "AKIAEXAMPLE", secretAccessKey: "example" };
const publicKey = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIOMqqnkVzrm0SdG6UOoqKLsabgH5C9okWi0dh2l9GKJl suite";

/** An EC2 with a driver at it, for the tests of one file. */
export class Ec2World {
  readonly server: Ec2Server;
  readonly driver: Driver;
  /** Past faults and counting: as somebody with the console sees it. */
  readonly ec2: EC2;
  readonly #clock: FastClock;
  /** Machines' files: the secrets by which they prove that they are theirs. */
  readonly #folder = mkdtempSync(join(tmpdir(), "machinist-ec2-"));

  private constructor(server: Ec2Server, clock: FastClock) {
    this.server = server;
    this.#clock = clock;
    this.ec2 = new EC2({ endpoint: server.url, region: "us-east-1", credentials });
    const env = { AWS_ACCESS_KEY_ID: credentials.accessKeyId, AWS_SECRET_ACCESS_KEY: credentials.secretAccessKey };
    this.driver = amazonec2.create({ cacheDir: "/", machineDir: (name) => join(this.#folder, name), env, clock });
  }

  static async open(): Promise<Ec2World> {
    const clock = new FastClock(200);
    return new Ec2World(await Ec2Server.start({ now: () => clock.now() }), clock);
  }

  fleet(): Ec2Fleet {
    return new Ec2Fleet(this, new Harness(this.driver.resourceTypes, this.#clock));
  }

  options(more: Data = {}): Data {
    return resolveOptions(amazonec2, { endpoint: this.server.url, "ingress-cidr": ["192.0.2.7/32"], ...more }, {});
  }

  /** moto puts those of the launch on the network card, and those of a later change on the instance. */
  async groupsOf(id: string): Promise<string[]> {
    const { Reservations = [] } = await this.ec2.describeInstances({ InstanceIds: [id] });
    const { SecurityGroups = [], NetworkInterfaces = [] } = Reservations[0]?.Instances?.[0] ?? {};
    const groups = SecurityGroups.length > 0 ? SecurityGroups : (NetworkInterfaces[0]?.Groups ?? []);
    return groups.map(({ GroupId = "" }) => GroupId).sort();
  }

  async close(): Promise<void> {
    this.ec2.destroy();
    await this.server.close();
    rmSync(this.#folder, { recursive: true, force: true });
  }
}

/** One fleet, over which the real loop is run. */
export class Ec2Fleet {
  readonly subject: Harness;
  readonly #world: Ec2World;

  constructor(world: Ec2World, subject: Harness) {
    this.#world = world;
    this.subject = subject;
  }

  /** All that these machines take. */
  async wanted(machines: { readonly [name: string]: Data }): Promise<Resource[]> {
    const { driver } = this.#world;
    const { fleet } = this.subject;
    const plans = await Promise.all(
      Object.entries(machines).map(([name, more]) =>
        driver.plan({ name: this.name(name), fleet, publicKey, enginePort: 2376 }, this.#world.options(more)),
      ),
    );
    return [...new Map(plans.flat().map((each) => [each.id, each])).values()];
  }

  name = (machine: string): string => `${this.subject.fleet}-${machine}`;

  async up(machines: { readonly [name: string]: Data }): Promise<void> {
    await this.subject.settle(await this.wanted(machines));
  }

  async id(machine: string): Promise<string> {
    return String((await this.subject.states())[`${this.name(machine)}/instance`]?.id);
  }

  /** Whether the groups of one let in the other on all ports, at its private address. */
  async reaches(from: string, to: string): Promise<boolean> {
    const [one, other] = [await this.#groups(from), await this.#groups(to)];
    const { SecurityGroups = [] } = await this.#world.ec2.describeSecurityGroups({ GroupIds: other });
    return SecurityGroups.flatMap(({ IpPermissions = [] }) => IpPermissions).some(
      ({ IpProtocol, UserIdGroupPairs = [] }) =>
        IpProtocol === "-1" && UserIdGroupPairs.some(({ GroupId = "" }) => one.includes(GroupId)),
    );
  }

  /** What lets whom in over TCP by address. */
  async openings(machine: string): Promise<string[]> {
    const { SecurityGroups = [] } = await this.#world.ec2.describeSecurityGroups({
      GroupIds: await this.#groups(machine),
    });
    return SecurityGroups.flatMap(({ IpPermissions = [] }) => IpPermissions)
      .flatMap(({ FromPort, IpRanges = [], Ipv6Ranges = [] }) =>
        [...IpRanges.map(({ CidrIp }) => CidrIp), ...Ipv6Ranges.map(({ CidrIpv6 }) => CidrIpv6)].map(
          (block) => `${FromPort} ${block}`,
        ),
      )
      .sort();
  }

  #groups = async (machine: string): Promise<string[]> => this.#world.groupsOf(await this.id(machine));
}
