import { resolveOptions } from "@machinist/options";
import { expect, test } from "vitest";
import digitalocean from "../src/index.ts";

/** Every flag that docker-machine's driver had but the token's, as text on a command line has it. */
const old: { readonly [flag: string]: string } = {
  "ssh-user": "root",
  "ssh-key-fingerprint": "3b:16:bf:e4:8b:00:8b:b8:59:8c:a9:d3:f0:19:45:fa",
  "ssh-key-path": "/home/me/.ssh/do",
  "ssh-port": "2222",
  image: "ubuntu-24-04-x64",
  region: "ams3",
  size: "s-2vcpu-2gb",
  ipv6: "true",
  "private-networking": "true",
  backups: "true",
  userdata: "/home/me/cloud.cfg",
  monitoring: "true",
  tags: "web,blue",
};

const planned = (options: Record<string, never>) => {
  const driver = digitalocean.create({ cacheDir: "/", machineDir: () => "/", env: {} });
  return driver.plan({ name: "web", fleet: "demo", publicKey: "ssh-ed25519 AAAA" }, options) as { props: object }[];
};

test("a command line of docker-machine comes to the same droplet", () => {
  const props = planned(resolveOptions(digitalocean, { ...old }, {}, "/") as never).at(-1)!.props;
  expect(props).toMatchObject({
    ...{ name: "web", region: "ams3", size: "s-2vcpu-2gb", image: "ubuntu-24-04-x64", tags: ["web", "blue"] },
    ...{ ipv6: true, backups: true, monitoring: true, privateNetworking: true, userdata: "/home/me/cloud.cfg" },
    ...{ user: "root", port: 2222, fingerprint: old["ssh-key-fingerprint"], keyPath: "/home/me/.ssh/do" },
  });
});

test("so does its environment, under docker-machine's names", () => {
  const env = Object.fromEntries(
    Object.entries(old).map(([flag, value]) => [`DIGITALOCEAN_${flag.toUpperCase().replaceAll("-", "_")}`, value]),
  );
  expect(resolveOptions(digitalocean, {}, env, "/")).toEqual(resolveOptions(digitalocean, { ...old }, {}, "/"));
  expect(digitalocean.credentials?.["access-token"]?.env).toBe("DIGITALOCEAN_ACCESS_TOKEN");
});
