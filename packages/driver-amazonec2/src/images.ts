import type { Image } from "@aws-sdk/client-ec2";
import { MachinistError } from "@machinist/core";
import type { Ask } from "./account.ts";
import { only } from "./tags.ts";

interface System {
  readonly publisher: string;
  readonly names: (version: string, architecture: string) => string;
  readonly user: string;
}

/** Who publishes a system at AWS, and how its images are named there (as each publisher documents it). */
const systems: Readonly<Record<string, System>> = {
  debian: {
    publisher: "136693071363",
    names: (version, architecture) => `debian-${version}-${debianName(architecture)}-*`,
    user: "admin",
  },
  ubuntu: {
    publisher: "099720109477",
    names: (version, architecture) => `ubuntu/images/hvm-ssd*/ubuntu-*-${version}-${debianName(architecture)}-server-*`,
    user: "ubuntu",
  },
  "amazon-linux": {
    publisher: "137112412989",
    names: (version, architecture) => `al${version}-ami-${version}.*-${architecture}`,
    user: "ec2-user",
  },
};

const debianName = (architecture: string): string => (architecture === "x86_64" ? "amd64" : architecture);

/** The image asked for, by id or as the newest of a system, for one of the architectures that the instance type has. */
export async function findImage(
  ask: Ask,
  wanted: string,
  architectures: readonly string[],
): Promise<{ readonly image: Image; readonly user: string }> {
  const byId = wanted.startsWith("ami-");
  const [, name = "", version = ""] = /^(.*)-([\d.]+)$/.exec(wanted) ?? [];
  const system = systems[name];
  const { Images = [] } = await ask((ec2, options) =>
    ec2.describeImages(
      byId
        ? only("image-id", wanted)
        : {
            Owners: [system?.publisher ?? "self"],
            Filters: [
              { Name: "name", Values: architectures.map((each) => system?.names(version, each) ?? wanted) },
              { Name: "state", Values: ["available"] },
            ],
          },
      options,
    ),
  );
  const image = Images.toSorted((one, other) => newest(one, other))[0];
  if (!image?.ImageId)
    throw new MachinistError("amazonec2.image", `There is no image ${wanted} in this region`, {
      hint: "Give the id of an AMI of the region, or for example --amazonec2-ami ubuntu-24.04",
    });
  if (image.Architecture && !architectures.includes(image.Architecture))
    throw new MachinistError(
      "amazonec2.architecture",
      `The image ${wanted} is for ${image.Architecture}, the instance type for ${architectures.join(", ")}`,
      {
        hint: "Give an image or an --amazonec2-instance-type of the other's architecture",
      },
    );
  return { image, user: system?.user ?? userOf(image.Name) };
}

const newest = (one: Image, other: Image): number =>
  `${other.CreationDate} ${other.Name}`.localeCompare(`${one.CreationDate} ${one.Name}`);

/** The user that the image's publisher makes; `ubuntu` was docker-machine's default. */
const userOf = (image = ""): string =>
  /debian/i.test(image) ? "admin" : /^(al20|amzn)/i.test(image) ? "ec2-user" : "ubuntu";
