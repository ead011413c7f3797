import { MachinistError, shape } from "@machinist/core";

const { anyNumber, anyText, isData, listOf, mapOf, maybe, truth } = shape;

const texts = listOf(anyText);
const network = mapOf({ ip_address: maybe(anyText), type: maybe(anyText) });
const target = maybe(mapOf({ addresses: maybe(texts), tags: maybe(texts) }));
const rules = maybe(listOf(mapOf({ protocol: anyText, ports: maybe(anyText), sources: target, destinations: target })));

const account = mapOf({
  uuid: anyText,
  droplet_limit: anyNumber,
  status: anyText,
  status_message: maybe(anyText),
  team: maybe(mapOf({ uuid: maybe(anyText) })),
});
const droplet = mapOf({
  id: anyNumber,
  name: anyText,
  status: anyText,
  created_at: maybe(anyText),
  size_slug: anyText,
  disk: anyNumber,
  size: maybe(mapOf({ disk: anyNumber })),
  tags: texts,
  networks: mapOf({ v4: maybe(listOf(network)) }),
});
const action = mapOf({ id: maybe(anyNumber), status: maybe(anyText) });
const firewall = mapOf({
  ...{ id: maybe(anyText), name: maybe(anyText), created_at: maybe(anyText) },
  ...{ tags: maybe(texts), inbound_rules: rules, outbound_rules: rules },
});
const sshKey = mapOf({ id: maybe(anyNumber), name: anyText, fingerprint: maybe(anyText), public_key: anyText });
const vpc = mapOf({ id: maybe(anyText), name: maybe(anyText), created_at: maybe(anyText) });
const tag = mapOf({ name: maybe(anyText) });
const image = mapOf({ regions: maybe(texts), min_disk_size: maybe(anyNumber) });
const size = mapOf({
  ...{ slug: anyText, available: truth, regions: texts, disk: anyNumber },
  ...{ price_hourly: maybe(anyNumber), price_monthly: maybe(anyNumber) },
});

/** The parts that answers consist of, by the names under which they come, as far as we read them. */
const parts = {
  ...{ account, droplet, action, firewall, vpc, tag, image, ssh_key: sshKey },
  ...{ droplets: listOf(droplet), firewalls: listOf(firewall), ssh_keys: listOf(sshKey), vpcs: listOf(vpc) },
  ...{ tags: listOf(tag), sizes: listOf(size), regions: listOf(mapOf({ slug: anyText, available: truth })) },
  links: mapOf({ pages: maybe(mapOf({ next: maybe(anyText) })) }),
  meta: mapOf({ total: maybe(anyNumber) }),
};

export type Part = keyof typeof parts;

/** An answer in which `expected` is, and all that we know of it is as it should be. Throws `digitalocean.answer`. */
export function checkedAnswer(call: string, answer: unknown, expected: readonly Part[]): unknown {
  if (answer === undefined && expected.length === 0) return answer;
  const found = isData(answer) ? answer : {};
  const wrong = Object.entries(parts).find(([name, check]) => {
    const isThere = Object.hasOwn(found, name) && found[name] !== null;
    return isThere ? !check(found[name]) : expected.includes(name as Part);
  });
  if (wrong === undefined && isData(answer)) return answer;
  throw new MachinistError(
    "digitalocean.answer",
    `What answered ${call} is not DigitalOcean, or said ${wrong?.[0] ?? "it"} in a way that it never does`,
    {
      retryable: true,
      hint: "Look what answers at the address of its API: a proxy may stand in between",
    },
  );
}
