import type { OptionSchema, OptionsSchema } from "@machinist/core";

type Type = OptionSchema["type"];
type More = Omit<Partial<OptionSchema>, "type" | "description">;
type Value<T> = T extends "string" ? string : T extends "boolean" ? boolean : T extends "array" ? string[] : number;

/** One option; `env` is the name of its variable without `AWS_`, or empty. */
const option =
  <T extends Type>(type: T, standard: Value<T>) =>
  (group: string, description: string, env = "", more: More = {}): OptionSchema & { readonly type: T } => ({
    type,
    description,
    default: standard,
    "x-group": group,
    ...(env === "" ? {} : { "x-env": `AWS_${env}` }),
    ...(type === "array" ? { items: { type: "string" } } : {}),
    ...more,
  });

const [text, flag, list, number] = [
  option("string", ""),
  option("boolean", false),
  option("array", []),
  (standard: number) => option("integer", standard),
];

const place = "Account and region";
const machine = "Machine";
const disk = "Disk";
const network = "Network";
const access = "Access";
const meta = "Instance metadata";
const spot = "Spot";
const old = "For old command lines";

const id = (prefix: string): More => ({ pattern: `^(${prefix}-[0-9a-f]+)?$` });
const path: More = { format: "path" };
const range = (minimum: number, maximum: number): More => ({ minimum, maximum });
const matching = (pattern: string, standard = ""): More => ({ pattern, default: standard });
const each = (pattern: string, standard: string[] = []): More => ({
  items: { type: "string", pattern },
  default: standard,
});
const oneOf = (standard: string, ...others: string[]): More => ({ enum: [standard, ...others], default: standard });
const service: More = { "x-service": true };
const unused = (why: string): More => ({ "x-unused": why });

const properties = {
  region: text(place, "Region", "DEFAULT_REGION", matching("^[a-z]{2,}(-[a-z]+)+-\\d+$", "us-east-1")),
  endpoint: text(place, "Where the EC2 API answers: a host or a URL; default: Amazon's own", "ENDPOINT", service),
  "insecure-transport": flag(place, "Speak http to an endpoint that is given as a host", "INSECURE_TRANSPORT", service),

  ami: text(
    machine,
    "Image: an AMI's id, or its system as debian-13, ubuntu-24.04, amazon-linux-2023",
    "AMI",
    matching("^(ami-[0-9a-f]+|debian-\\d+|ubuntu-\\d\\d\\.\\d\\d|amazon-linux-2023)$", "ubuntu-24.04"),
  ),
  "instance-type": text(
    machine,
    "Instance type; can be changed in place",
    "INSTANCE_TYPE",
    matching("^[a-z0-9-]+\\.[a-z0-9-]+$", "t3.micro"),
  ),
  tags: list(machine, "Tags, as key=value, or as key,value,key,value", "TAGS"),
  userdata: text(machine, "File with user-data for cloud-init", "USERDATA", path),
  "iam-instance-profile": text(machine, "IAM instance profile, by name or ARN", "INSTANCE_PROFILE"),
  monitoring: flag(machine, "Detailed CloudWatch monitoring (costs)"),
  "use-ebs-optimized-instance": flag(machine, "EBS optimised, where that is not the type's default"),

  "root-size": number(16)(disk, "Root disk in GiB; can be grown in place", "ROOT_SIZE", range(1, 65536)),
  "volume-type": text(
    disk,
    "EBS volume type",
    "VOLUME_TYPE",
    oneOf("gp3", "gp2", "io1", "io2", "st1", "sc1", "standard"),
  ),
  "volume-iops": number(0)(disk, "IOPS of an io1, io2 or gp3 disk; 0: the type's default", "", { minimum: 0 }),
  "device-name": text(disk, "Device of the root disk; default: the image's", "DEVICE_NAME"),
  "encrypt-ebs-volume": flag(disk, "Encrypt the disk", "ENCRYPT_EBS_VOLUME", { default: true }),
  "kms-key": text(disk, "KMS key to encrypt it with; default: the account's", "KMS_KEY"),

  "vpc-id": text(network, "VPC; default: the subnet's, else the region's default VPC", "VPC_ID", id("vpc")),
  zone: text(network, "Zone, as a letter; default: one that has the instance type", "ZONE", matching("^[a-z]?$")),
  "subnet-id": text(network, "Subnet; default: one of the VPC in the zone", "SUBNET_ID", id("subnet")),
  "private-address-only": flag(network, "No public address"),
  "use-private-address": flag(network, "Reach it by its private address"),
  "elastic-address": flag(network, "A public address that stays (Elastic IP; costs while it is unused)"),
  "ipv6-address-count": number(0)(network, "IPv6 addresses", "IPV6_ADDRESS_COUNT", range(0, 50)),
  "ipv6-address-only": flag(network, "Reach it by IPv6, without a public IPv4 address", "IPV6_ADDRESS_ONLY"),
  "enable-primary-ipv6": flag(network, "Keep the first IPv6 address for good", "ENABLE_PRIMARY_IPV6"),

  "security-group": list(access, "Your own groups, by name or id: they are used as they are", "SECURITY_GROUP"),
  "open-port": list(
    access,
    "Ports open to the world, as 80, 80/tcp or 8000-8010/udp",
    "",
    each("^\\d{1,5}(-\\d{1,5})?(/(tcp|udp))?$"),
  ),
  "ingress-cidr": list(
    access,
    "Who reaches SSH and Docker: CIDR blocks; auto: you, by the way that SSH takes",
    "INGRESS_CIDR",
    each("^(auto|[0-9a-fA-F.:]+/\\d{1,3})$", ["auto"]),
  ),
  "address-service": text(access, "Web page that tells the address you call from", "", {
    ...matching("^https?://\\S+$", "https://checkip.amazonaws.com"),
    ...service,
  }),
  "ssh-user": text(access, "User to log in as; default: the image's", "SSH_USER"),
  "ssh-port": number(22)(access, "Port of its SSH server", "SSH_PORT", range(1, 65535)),
  "keypair-name": text(access, "Your own key pair at AWS; needs ssh-keypath", "KEYPAIR_NAME"),
  "ssh-keypath": text(access, "Private key of keypair-name", "SSH_KEYPATH", path),

  "http-endpoint": text(meta, "The metadata service", "HTTP_ENDPOINT", oneOf("enabled", "disabled")),
  "http-tokens": text(meta, "Tokens of the metadata service (IMDSv2)", "HTTP_TOKENS", oneOf("required", "optional")),
  "http-put-response-hop-limit": number(1)(
    meta,
    "How many hops its answers may go; containers need 2",
    "HTTP_PUT_RESPONSE_HOP_LIMIT",
    range(1, 64),
  ),
  "http-protocol-ipv6": text(meta, "It over IPv6", "HTTP_PROTOCOL_IPV6", oneOf("disabled", "enabled")),

  "request-spot-instance": flag(spot, "Ask for a spot instance"),
  "spot-price": text(
    spot,
    "Highest price in dollars an hour; default: the on-demand price",
    "",
    matching("^(\\d+(\\.\\d+)?)?$"),
  ),
  "spot-fallback": flag(spot, "Take an on-demand instance where no spot instance can be had"),

  "metadata-token": text(old, "GitLab's name of http-tokens", "", oneOf("", "required", "optional")),
  "metadata-token-response-hop-limit": number(0)(old, "GitLab's name of http-put-response-hop-limit", "", range(0, 64)),
  "security-group-readonly": flag(
    old,
    "Leave your groups alone",
    "SECURITY_GROUP_READONLY",
    unused("Your own security groups are never changed."),
  ),
  "block-duration-minutes": number(0)(old, "Spot blocks", "", unused("AWS no longer offers spot blocks.")),
  retries: number(5)(old, "Retries", "", unused("The reconciler retries what may pass, with backoff.")),
};

/** All there is to say about the options: flags, manifest, help and forms come from it. */
export const options: OptionsSchema = { type: "object", additionalProperties: false, properties };

/** The options with their values. */
export type Options = { [name in keyof typeof properties]: Value<(typeof properties)[name]["type"]> };
