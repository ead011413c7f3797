import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { openMachinist } from "@machinist/fleet";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { Scene } from "./scene.ts";

let scene: Scene;
beforeEach(() => {
  scene = new Scene();
});
afterEach(() => scene.close());

const folderOf = (name: string) => join(scene.store, "machines", name);
const driverOf = (name: string) => JSON.parse(readFileSync(join(folderOf(name), "config.json"), "utf8")).Driver;

describe("driver none", () => {
  // The address is what Go's net/url takes for the URL's host.
  test.each([
    ["tcp://127.0.0.1:1", "127.0.0.1:1"],
    ["tcp://127.0.0.1:1/", "127.0.0.1:1"],
    ["none", ""],
    ["unix:///var/run/docker.sock", ""],
    ["http://[::1]:2376", "[::1]:2376"],
    ["tcp://host", "host"],
    ["localhost:2375", ""],
    ["https://ada@box.test:2376/x?y#z", "box.test:2376"],
    ["npipe:////./pipe/docker_engine", ""],
  ])("takes --url %s, and works with it as docker-machine does", async (url, address) => {
    expect(await scene.run(["create", "-d", "none", "--url", url, "box"])).toMatchObject({ code: 0, stderr: "" });
    expect(driverOf("box")).toMatchObject({ URL: url, IPAddress: address });
    expect((await scene.run(["url", "box"])).stdout).toBe(`${url}\n`);
    expect((await scene.run(["ip", "box"])).stdout).toBe(`${address}\n`);
    const listed = await scene.run(["ls", "-t", "2", "--format", "{{.Name}} {{.State}} {{.URL}} {{.DockerVersion}}"]);
    expect(listed).toMatchObject({ code: 0, stdout: `box Running ${url} Unknown\n` });
    expect((await scene.run(["config", "box"])).code).toBe(1);
    expect(await scene.run(["rm", "-y", "box"])).toMatchObject({ code: 0, stderr: "" });
    expect(existsSync(folderOf("box"))).toBe(false);
  });

  test.each([
    ["127.0.0.1:2376", "first path segment in URL cannot contain colon"],
    [":2376", "missing protocol scheme"],
    ["tcp://[::1", "missing ']' in host"],
    ["tcp://box:port", 'invalid port ":port" after host'],
    ["tcp://a b:1", 'invalid character " " in host name'],
    ["tcp://box/%zz", 'invalid URL escape "%zz"'],
    ["tcp://box\u0001", "net/url: invalid control character in URL"],
  ])("refuses --url %j as Go does", async (url, why) => {
    const said = await scene.run(["create", "-d", "none", "--url", url, "box"]);
    const told = `Error setting machine configuration from flags provided: parse ${JSON.stringify(url).replace("\\u0001", "\\x01")}: ${why}\n`;
    expect(said).toMatchObject({ code: 1, stderr: told });
    expect(existsSync(folderOf("box"))).toBe(false);
  });

  test("of docker-machine's, without a URL, is listed and removed", async () => {
    mkdirSync(folderOf("old"), { recursive: true });
    const HostOptions = { EngineOptions: {}, SwarmOptions: {}, AuthOptions: {} };
    const config = { ConfigVersion: 3, Driver: { MachineName: "old", URL: "" }, DriverName: "none", HostOptions };
    writeFileSync(join(folderOf("old"), "config.json"), JSON.stringify({ ...config, Name: "old" }));
    expect((await scene.run(["ls", "-q"])).stdout).toBe("old\n");
    expect(await scene.run(["rm", "-y", "old"])).toMatchObject({ code: 0, stderr: "" });
    expect(existsSync(folderOf("old"))).toBe(false);
  });

  test("of machinist itself needs a URL that machinist can connect to", async () => {
    await using machinist = await openMachinist({ storagePath: scene.store, env: {} });
    const made = machinist.create([{ name: "box", driver: "none", options: { url: "unix:///run/docker.sock" } }]);
    await expect(made.result).rejects.toMatchObject({ code: "options.invalid" });
  });
});
