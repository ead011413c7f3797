import type { OptionSchema, OptionsSchema } from "@machinist/core";

type More = Omit<Partial<OptionSchema>, "type" | "description">;

/** One option; `env` is the name of its variable without `AWS_`, or empty. */
const option =
  (type: OptionSchema["type"], group: string, preset: NonNullable<OptionSchema["default"]>) =>
  (description: string, env = "", more: More = {}): OptionSchema => ({
    type,
    description,
    default: preset,
    "x-group": group,
    ...(env === "" ? {} : { "x-env": `AWS_${env}` }),
    ...(type === "array" ? { items: { type: "string" } } : {}),
    ...more,
  });

const text = (group: string) => option("string", group, "");
const flag = (group: string) => option("boolean", group, false);
const list = (group: string) => option("array", group, []);
const number = (group: string, preset: number) => option("integer", group, preset);

const [place, machine, disk, network, access, metadata, spot, old] = [
  "Account and region",
  "Machine",
  "Disk",
  "Network",
  "Access",
  "Instance metadata",
  "Spot",
  "For old command lines",
];
const id = (prefix: string): More => ({ pattern: `^(${prefix}-[0-9a-f]+)?$` });
const unused = (why: string): More => ({ "x-unused": why });

/** All there is to say about the options: flags, manifest, help and forms come from it. */
export const options: OptionsSchema = {
  type: "object",
  additionalProperties: false,
  properties: {
    region: text(place)("Region", "DEFAULT_REGION", { default: "us-east-1", pattern: "^[a-z]{2,}(-[a-z]+)+-\\d+$" }),
    endpoint: text(place)("Where the EC2 API answers: a host or a URL; default: Amazon's own", "ENDPOINT"),
    "insecure-transport": flag(place)("Speak http to an endpoint that is given as a host", "INSECURE_TRANSPORT"),

    ami: text(machine)("Image: an AMI's id, or its system as debian-13, ubuntu-24.04, amazon-linux-2023", "AMI", {
      default: "ubuntu-24.04",
      pattern: "^(ami-[0-9a-f]+|debian-\\d+|ubuntu-\\d\\d\\.\\d\\d|amazon-linux-2023)$",
    }),
    "instance-type": text(machine)("Instance type; can be changed in place", "INSTANCE_TYPE", {
      default: "t3.micro",
      pattern: "^[a-z0-9-]+\\.[a-z0-9-]+$",
    }),
    tags: list(machine)("Tags, as key=value, or as key,value,key,value", "TAGS"),
    userdata: text(machine)("File with user-data for cloud-init", "USERDATA", { format: "path" }),
    "iam-instance-profile": text(machine)("IAM instance profile, by name or ARN", "INSTANCE_PROFILE"),
    monitoring: flag(machine)("Detailed CloudWatch monitoring (costs)"),
    "use-ebs-optimized-instance": flag(machine)("EBS optimised, where that is not the type's default"),

    "root-size": number(disk, 16)("Root disk in GiB; can be grown in place", "ROOT_SIZE", {
      minimum: 1,
      maximum: 65536,
    }),
    "volume-type": text(disk)("EBS volume type", "VOLUME_TYPE", {
      default: "gp3",
      enum: ["gp2", "gp3", "io1", "io2", "st1", "sc1", "standard"],
    }),
    "volume-iops": number(disk, 0)("IOPS of an io1, io2 or gp3 disk; 0: the type's default", "", { minimum: 0 }),
    "device-name": text(disk)("Device of the root disk; default: the image's", "DEVICE_NAME"),
    "encrypt-ebs-volume": flag(disk)("Encrypt the disk", "ENCRYPT_EBS_VOLUME", { default: true }),
    "kms-key": text(disk)("KMS key to encrypt it with; default: the account's", "KMS_KEY"),

    "vpc-id": text(network)("VPC; default: the subnet's, else the region's default VPC", "VPC_ID", id("vpc")),
    zone: text(network)("Availability zone as a letter; default: one that has the instance type", "ZONE", {
      pattern: "^[a-z]?$",
    }),
    "subnet-id": text(network)("Subnet; default: one of the VPC in the zone", "SUBNET_ID", id("subnet")),
    "private-address-only": flag(network)("No public address"),
    "use-private-address": flag(network)("Reach it by its private address"),
    "elastic-address": flag(network)("A public address that stays (Elastic IP; costs while it is unused)"),
    "ipv6-address-count": number(network, 0)("IPv6 addresses", "IPV6_ADDRESS_COUNT", { minimum: 0, maximum: 50 }),
    "ipv6-address-only": flag(network)("Reach it by IPv6, without a public IPv4 address", "IPV6_ADDRESS_ONLY"),
    "enable-primary-ipv6": flag(network)("Keep the first IPv6 address for good", "ENABLE_PRIMARY_IPV6"),

    "security-group": list(access)("Your own groups, by name or id: they are used as they are", "SECURITY_GROUP"),
    "open-port": list(access)("Ports open to the world, as 80, 80/tcp or 8000-8010/udp", "", {
      items: { type: "string", pattern: "^\\d{1,5}(-\\d{1,5})?(/(tcp|udp))?$" },
    }),
    "ingress-cidr": list(access)(
      "Who reaches SSH and Docker: CIDR blocks; auto: the address you call from",
      "INGRESS_CIDR",
      {
        default: ["auto"],
        items: { type: "string", pattern: "^(auto|[0-9a-fA-F.:]+/\\d{1,3})$" },
      },
    ),
    "address-service": text(access)("Web page that tells the address you call from", "", {
      default: "https://checkip.amazonaws.com",
      pattern: "^https?://\\S+$",
    }),
    "engine-port": number(access, 2376)("Port of Docker to open", "", { minimum: 1, maximum: 65535 }),
    "ssh-user": text(access)("User to log in as; default: the image's", "SSH_USER"),
    "ssh-port": number(access, 22)("Port of its SSH server", "SSH_PORT", { minimum: 1, maximum: 65535 }),
    "keypair-name": text(access)("Your own key pair at AWS; needs ssh-keypath", "KEYPAIR_NAME"),
    "ssh-keypath": text(access)("Private key of keypair-name", "SSH_KEYPATH", { format: "path" }),

    "http-endpoint": text(metadata)("The metadata service", "HTTP_ENDPOINT", {
      enum: ["enabled", "disabled"],
      default: "enabled",
    }),
    "http-tokens": text(metadata)("Tokens of the metadata service (IMDSv2)", "HTTP_TOKENS", {
      enum: ["required", "optional"],
      default: "required",
    }),
    "http-put-response-hop-limit": number(metadata, 1)(
      "How many hops an answer may go; containers need 2",
      "HTTP_PUT_RESPONSE_HOP_LIMIT",
      { minimum: 1, maximum: 64 },
    ),
    "http-protocol-ipv6": text(metadata)("The metadata service over IPv6", "HTTP_PROTOCOL_IPV6", {
      enum: ["enabled", "disabled"],
      default: "disabled",
    }),

    "request-spot-instance": flag(spot)("Ask for a spot instance"),
    "spot-price": text(spot)("Highest price in dollars an hour; default: the on-demand price", "", {
      pattern: "^(\\d+(\\.\\d+)?)?$",
    }),
    "spot-fallback": flag(spot)("Take an on-demand instance where no spot instance can be had"),

    "metadata-token": text(old)("Tokens of the metadata service, as GitLab's fork calls http-tokens", "", {
      enum: ["", "required", "optional", "no-token"],
    }),
    "metadata-token-response-hop-limit": number(old, 0)("GitLab's name of http-put-response-hop-limit", "", {
      minimum: 0,
    }),
    "security-group-readonly": flag(old)(
      "Leave your groups alone",
      "SECURITY_GROUP_READONLY",
      unused("Your own security groups are never changed."),
    ),
    "block-duration-minutes": number(old, 0)("Spot blocks", "", unused("AWS no longer offers spot blocks.")),
    retries: number(old, 5)(
      "Retries",
      "",
      unused("Failures that may pass are retried with backoff by the loop itself."),
    ),
  },
};
