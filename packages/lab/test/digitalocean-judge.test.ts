import { expect, onTestFinished, test } from "vitest";
import { openDigitalOcean } from "../src/index.ts";

async function open() {
  const lab = await openDigitalOcean();
  onTestFinished(() => lab.close());
  const ask = async (method: string, path: string, body?: unknown, token = lab.token) => {
    const response = await fetch(`${lab.url}${path}`, {
      method,
      headers: { authorization: `Bearer ${token}` },
      body: body === undefined ? null : JSON.stringify(body),
    });
    const text = await response.text();
    return { status: response.status, headers: response.headers, body: text === "" ? undefined : JSON.parse(text) };
  };
  return { lab, ask };
}
const droplet = { names: ["a", "b"], size: "s-1vcpu-1gb", image: "debian-13-x64", region: "nyc3" };

test("the server's own answers keep to the document", async () => {
  const { lab, ask } = await open();
  expect((await ask("POST", "/v2/droplets", { ...droplet, tags: ["x"], ipv6: true })).status).toBe(202);
  const { names: _names, ...one } = droplet;
  expect((await ask("POST", "/v2/droplets", { ...one, name: "c", backups: true })).body.droplet.name).toBe("c");
  const id = lab.world.droplets.all()[0]!.id;
  for (const path of [
    ...["account", "account/keys", "regions", "sizes", "tags", "vpcs", "firewalls", "images/debian-13-x64", "tags/x"],
    ...["droplets?per_page=1&page=2", "droplets?tag_name=x", "droplets?name=A", `droplets/${id}`],
  ])
    expect((await ask("GET", `/v2/${path}`)).status, path).toBe(200);
  expect((await ask("GET", "/v2/droplets/1")).status).toBe(404);
  expect((await ask("GET", "/v2/account", undefined, "another")).status).toBe(401);
  expect((await ask("DELETE", `/v2/droplets/${id}`)).status).toBe(204);
  expect((await ask("DELETE", `/v2/droplets/${id}`)).status).toBe(404);
  expect(lab.faults).toEqual([]);
});

for (const [what, method, path, body, fault] of [
  ["a misspelt field", "POST", "/v2/droplets", { ...droplet, user_date: "" }, "body /user_date is not in the document"],
  ["a field of the wrong type", "POST", "/v2/droplets", { ...droplet, ipv6: "yes" }, "/ipv6 must be boolean"],
  ["a missing field", "POST", "/v2/droplets", { names: ["a"], image: "x" }, "must have required property 'size'"],
  ["a name that cannot be", "POST", "/v2/droplets", { ...droplet, names: ["a b"] }, "/names/0 must match pattern"],
  ["an unknown query", "GET", "/v2/droplets?tag=x", undefined, "query tag is not in the document"],
  ["a page too large", "GET", "/v2/droplets?per_page=500", undefined, "query per_page"],
  ["an id that is none", "GET", "/v2/droplets/x", undefined, "path droplet_id"],
  ["an unknown path", "GET", "/v2/machines", undefined, "GET /v2/machines is not in the document"],
] as const)
  test(`${what} is refused, and noted with its place`, async () => {
    const { lab, ask } = await open();
    expect((await ask(method, path, body)).status).toBeGreaterThanOrEqual(404);
    expect(lab.faults.join("\n")).toContain(fault);
  });

test("an answer that the document does not know is noted as the server's own fault", async () => {
  const { lab, ask } = await open();
  await ask("POST", "/v2/droplets", droplet);
  lab.droplets.meddle(lab.world.droplets.all()[0]!.id, { status: "paused" as never, created_at: "yesterday" });
  await ask("GET", "/v2/droplets");
  expect(lab.faults.join("\n")).toMatch(/answer 200 to droplets_list: \/droplets\/0\/(status|created_at)/);
});

test("more requests than are allowed are refused, and the headers say until when", async () => {
  const lab = await openDigitalOcean({ limits: { hour: 5, minute: 3 } });
  onTestFinished(() => lab.close());
  const ask = () => fetch(`${lab.url}/v2/account`, { headers: { authorization: `Bearer ${lab.token}` } });
  for (const left of ["4", "3", "2"]) expect((await ask()).headers.get("ratelimit-remaining")).toBe(left);
  const refused = await ask();
  expect(refused.status).toBe(429);
  expect(Number(refused.headers.get("retry-after"))).toBeGreaterThan(50);
  expect(Number(refused.headers.get("ratelimit-reset"))).toBeGreaterThan(Date.now() / 1000 + 3500);
  expect(lab.limit.refused).toBe(1);
  expect(lab.faults).toEqual([]);
});
