import { readFile } from "node:fs/promises";
import { userData } from "@machinist/cloud-init";
import { type Call, type Data, MachinistError } from "@machinist/core";
import type { DropletProps } from "./droplet-state.ts";

/** DigitalOcean takes no more user-data than this, in bytes. */
const MOST_USER_DATA = 64 * 1024;

/** What is asked of the first boot: the user's own user-data and key, and the proof of the host's key. Throws `cloud-init.*`. */
export async function firstBoot(
  { userdata, keyPath, fingerprint }: Pick<DropletProps, "userdata" | "keyPath" | "fingerprint">,
  bootSecret: string,
): Promise<string> {
  const own = userdata === undefined ? undefined : await read(userdata, "userdata");
  // A key that is given by its path alone may not be in the account: the host itself is told of it.
  const given =
    keyPath === undefined || fingerprint !== undefined ? undefined : await read(`${keyPath}.pub`, "ssh-key-path");
  const text = userData({
    bootSecret,
    ...(own === undefined ? {} : { userData: own }),
    ...(given === undefined ? {} : { authorizedKeys: [given.trim()] }),
  });
  if (Buffer.byteLength(text) <= MOST_USER_DATA) return text;
  throw new MachinistError("digitalocean.user-data", `The user-data comes to ${Buffer.byteLength(text)} bytes`, {
    hint: "DigitalOcean takes 65536: let it fetch what is large with #include",
  });
}

async function read(path: string, option: string): Promise<string> {
  try {
    return await readFile(path, "utf8");
  } catch (cause) {
    throw new MachinistError("digitalocean.file", `${path} cannot be read`, {
      cause,
      hint: `It is needed for --digitalocean-${option}`,
    });
  }
}

/** What all droplets of a request have in common. */
export async function creating(
  { props, dependencies }: Call<DropletProps>,
  ours: readonly string[],
  bootSecret: string,
): Promise<Data> {
  const key = dependencies[props.key];
  if (!key || ours.length < 2)
    throw new MachinistError("digitalocean.parent", "The SSH key or a tag of the fleet is not there", {
      hint: "Run the same command again: what is missing is created first",
    });
  const vpc = props.vpcUuid ?? (props.vpc === undefined ? undefined : String(dependencies[props.vpc]?.id));
  return {
    region: props.region,
    size: props.size,
    image: /^\d+$/.test(props.image) ? Number(props.image) : props.image,
    ssh_keys: [Number(key.id), ...(props.fingerprint === undefined ? [] : [props.fingerprint])],
    ipv6: props.ipv6,
    backups: props.backups,
    monitoring: props.monitoring,
    tags: [...ours, ...props.tags],
    user_data: await firstBoot(props, bootSecret),
    ...(vpc === undefined ? {} : { vpc_uuid: vpc }),
  };
}
