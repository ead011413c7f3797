import { afterEach, beforeEach, expect, test } from "vitest";
import { openVps, type VpsLab } from "../src/index.ts";

let lab: VpsLab;
beforeEach(async () => {
  lab = await openVps({ slowMs: 30 });
});
afterEach(() => lab.close());

async function ask(method: string, path: string, body?: object, token = lab.token) {
  const headers = { authorization: `Bearer ${token}` };
  const answer = await fetch(lab.url + path, { method, headers, ...(body ? { body: JSON.stringify(body) } : {}) });
  const text = await answer.text();
  return { status: answer.status, body: text === "" ? undefined : JSON.parse(text) };
}

async function made(): Promise<string> {
  const key = await ask("POST", "/keys", { name: "box", public_key: "ssh-rsa AAAA box" });
  const asked = { name: "box", size: "small", image: "debian-13", key: key.body.id };
  const { status, body } = await ask("POST", "/servers", asked);
  expect({ status, body }).toMatchObject({ status: 202, body: { ...asked, status: "building", address: "" } });
  return body.id;
}

const becomes = (id: string, status: string) =>
  expect.poll(async () => (await ask("GET", `/servers/${id}`)).body.status).toBe(status);

test("a server is built, switched and deleted a while after it was asked for, and its key by itself", async () => {
  const id = await made();
  await becomes(id, "active");
  for (const [type, by, to] of [
    ["stop", "stopping", "off"],
    ["start", "starting", "active"],
    ["reboot", "rebooting", "active"],
    ["kill", "stopping", "off"],
  ] as const) {
    expect(lab.servers.act(id, type).status).toBe(by);
    await becomes(id, to);
  }
  lab.servers.destroy(id);
  expect(lab.servers.get(id).status).toBe("deleting");
  lab.servers.destroy(id);
  await expect.poll(async () => (await ask("GET", `/servers/${id}`)).status).toBe(404);
  const [key, ...more] = lab.inventory();
  expect([key, more]).toEqual([expect.stringMatching(/^key \d+ box$/), []]);
  expect((await ask("DELETE", `/keys/${key!.split(" ")[1]}`)).status).toBe(204);
  expect(lab.inventory()).toEqual([]);
  expect(lab.faults).toEqual([]);
});

test("a server that is busy refuses to be switched", () => {
  const key = lab.servers.addKey("box", "ssh-rsa AAAA box");
  const { id } = lab.servers.create("box", "small", "debian-13", key.id);
  expect(() => lab.servers.act(id, "stop")).toThrow("server is building");
});

test("what is gone is not found, or its id is invalid", async () => {
  expect(await ask("GET", "/servers/7")).toEqual({ status: 404, body: { error: "server not found" } });
  lab.gone = "invalid";
  expect(await ask("GET", "/servers/7")).toEqual({ status: 400, body: { error: "Invalid server id" } });
  expect(await ask("DELETE", "/keys/7")).toEqual({ status: 400, body: { error: "Invalid key id" } });
});

test("a repeated request for a server makes a second one", async () => {
  await made();
  await made();
  expect(lab.servers.list().map(({ name }) => name)).toEqual(["box", "box"]);
});

test.each([
  ["another token", "GET", "/account", undefined, 401],
  ["a key that is none", "POST", "/keys", { name: "box", public_key: "AAAA" }, 422],
  ["a key that is not known", "POST", "/servers", { name: "box", size: "small", image: "debian-13", key: "7" }, 422],
  ["no name", "POST", "/servers", { size: "small" }, 422],
])("%s is refused", async (what, method, path, body, status) => {
  expect((await ask(method, path, body, what === "another token" ? "x" : lab.token)).status).toBe(status);
  expect(lab.inventory()).toEqual([]);
});
