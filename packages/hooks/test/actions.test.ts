import { chmod, mkdir, readFile, stat, writeFile } from "node:fs/promises";
import { createServer, type IncomingMessage, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { describe, expect, onTestFinished, test } from "vitest";
import { act } from "../src/actions/act.ts";
import { withBlock } from "../src/actions/block.ts";
import { signatureOf } from "../src/actions/webhook.ts";
import { deliver } from "../src/deliver.ts";
import { hookOf, machineNamed, noticeFor, stage } from "./world.ts";

const web = machineNamed("web-1");

describe("a program", () => {
  test("gets JSON on stdin and variables, runs in the manifest's folder, and no shell reads its arguments", async () => {
    const { folder, world, said } = await stage([web]);
    const argv = [
      "sh",
      "-c",
      'pwd; echo "$1 $MACHINIST_EVENT $MACHINIST_MACHINE $MACHINIST_ADDRESS"; cat',
      "sh",
      "$(id);",
    ];
    await act(hookOf({ type: "run", argv }, folder), noticeFor(web), 1, world);
    const [cwd, line, json = ""] = said().map((text) => text.replace(/^hook: /, ""));
    expect(cwd).toBe(folder);
    expect(line).toBe("$(id); machine.created web-1 192.0.2.7");
    expect(JSON.parse(json)).toEqual({
      version: 1,
      event: "machine.created",
      phase: "after",
      hook: "hook",
      delivery: "r:machine.created:web-1",
      attempt: 1,
      resumed: false,
      at: "1970-01-01T00:00:00.000Z",
      fleet: "demo",
      machine: web,
    });
  });

  test("that reads nothing of what it is told is no failure", async () => {
    const { folder, world } = await stage([web]);
    await act(hookOf({ type: "run", argv: ["true"] }, folder), noticeFor(web), 1, world);
  });

  test("is stopped when the run is, and that is no failure of the hook", async () => {
    const { folder, world, said, stop } = await stage([web]);
    const argv = ["sh", "-c", "echo begun; exec sleep 600"];
    const delivery = deliver(hookOf({ type: "run", argv }, folder), noticeFor(web), world);
    await Promise.race([delivery, expect.poll(said).toContain("hook: begun")]);
    stop.abort();
    await expect(delivery).rejects.toMatchObject({ code: "cancelled" });
  });
});

describe("a module", () => {
  test("by path has its default export called; what it throws, prints and leaves open is its own", async () => {
    const { folder, world, said } = await stage([web]);
    await writeFile(
      join(folder, "good.mjs"),
      "export default async (told) => console.log(told.event, told.machine.name);",
    );
    await writeFile(join(folder, "bad.mjs"), "export default () => { throw new Error('no room'); };");
    await writeFile(join(folder, "none.mjs"), "export const other = 1;");
    await writeFile(join(folder, "hang.mjs"), "export default () => { for (;;); };");
    const one = (name: string, timeoutMs = 60_000) =>
      act(hookOf({ type: "module", module: join(folder, name) }, folder, { timeoutMs }), noticeFor(web), 1, world);
    await one("good.mjs");
    expect(said()).toEqual(["hook: machine.created web-1"]);
    await expect(one("bad.mjs")).rejects.toMatchObject({ code: "hook.exit" });
    expect(said().join("\n")).toContain("Error: no room");
    await expect(one("none.mjs")).rejects.toMatchObject({ code: "hook.exit" });
    expect(said().join("\n")).toContain("no function as its default export");
    await expect(one("hang.mjs", 300)).rejects.toMatchObject({ code: "hook.timeout" });
  });

  test("by the name of a package is found from the manifest's folder", async () => {
    const { folder, world, said } = await stage([web]);
    const home = join(folder, "node_modules", "@acme", "notify");
    await mkdir(home, { recursive: true });
    await writeFile(
      join(home, "package.json"),
      '{"name":"@acme/notify","type":"module","exports":{"import":"./main.js"}}',
    );
    await writeFile(join(home, "main.js"), "export default (told) => console.log('acme', told.fleet);");
    await act(hookOf({ type: "module", module: "@acme/notify" }, folder), noticeFor(web), 1, world);
    expect(said()).toEqual(["hook: acme demo"]);
  });
});

describe("a container", () => {
  test("is run by docker with what it is told, at the machine named, and removed when its time is up", async () => {
    const { folder, world } = await stage([machineNamed("web-1", { url: "tcp://192.0.2.7:2376" })]);
    const docker = join(folder, "docker");
    await writeFile(
      docker,
      `#!/bin/sh\necho "$DOCKER_HOST $DOCKER_CERT_PATH $*" >> ${folder}/calls\ncase "$*" in *slow*) sleep 600;; esac\n`,
    );
    await chmod(docker, 0o755);
    const here = { ...world, env: { ...world.env, PATH: `${folder}:${process.env.PATH}`, DOCKER_CONTEXT: "other" } };
    const action = { type: "container" as const, image: "alpine:3", command: ["env"] };
    await act(hookOf(action, folder), noticeFor(web), 1, here);
    await act(hookOf({ ...action, machine: "web-1" }, folder), noticeFor(web), 2, here);
    const slow = hookOf({ ...action, image: "slow" }, folder, { timeoutMs: 300 });
    await expect(act(slow, noticeFor(web), 1, here)).rejects.toMatchObject({ code: "hook.timeout" });
    const calls = (await readFile(join(folder, "calls"), "utf8")).trim().split("\n");
    expect(calls[0]).toMatch(
      /^ *run --rm --interactive --name machinist-hook-\S+-[0-9a-f]{12} .*--env MACHINIST_EVENT .*-- alpine:3 env$/,
    );
    expect(calls[1]).toMatch(/^tcp:\/\/192\.0\.2\.7:2376 \/store\/machines\/web-1 run /);
    expect(calls.at(-1)).toMatch(/rm --force -- machinist-hook-/);
    await expect(act(hookOf({ ...action, machine: "gone" }, folder), noticeFor(web), 1, here)).rejects.toMatchObject({
      code: "hook.no-engine",
    });
  });
});

describe("hosts", () => {
  test("keeps a block between its lines, and nothing else is touched", () => {
    const text = "127.0.0.1 localhost\n";
    const once = withBlock(text, "demo", ["192.0.2.7\tweb-1"]);
    expect(once).toBe(`${text}# machinist demo: begin\n192.0.2.7\tweb-1\n# machinist demo: end\n`);
    const after = `${once}10.0.0.1 other\n`;
    expect(withBlock(after, "demo", ["192.0.2.7\tweb-1"])).toBe(after);
    expect(withBlock(after, "two", ["1.2.3.4\ta"])).toContain("10.0.0.1 other\n# machinist two: begin");
    expect(withBlock(after, "demo", [])).toBe(`${text}10.0.0.1 other\n`);
    expect(withBlock("a\n# machinist demo: begin\nb\n", "demo", ["x"])).toBe(
      "a\n# machinist demo: begin\nx\n# machinist demo: end\nb\n",
    );
    expect(withBlock("no end", "demo", ["x"])).toBe("no end\n# machinist demo: begin\nx\n# machinist demo: end\n");
  });

  test("here has addresses, on machines those by which they reach each other, and none that mean themselves", async () => {
    const written: Record<string, string> = {};
    const local = machineNamed("nat-1", { address: "127.0.0.1", privateAddress: "127.0.0.1" });
    const named = machineNamed("dns-1", { address: "box.example.com", privateAddress: "box.example.com" });
    const { folder, world, machines } = await stage([web, local, named], {
      host: (name) => ({
        run: async () => ({ code: 0, stdout: written[name] ?? "::1 localhost\n", stderr: "" }),
        write: async (_, content) => {
          written[name] = String(content);
        },
      }),
    });
    const file = join(folder, "hosts");
    await writeFile(file, "127.0.0.1 localhost\n", { mode: 0o644 });
    const hook = hookOf({ type: "hosts", on: ["local", "web-1"], file }, folder);
    await act(hook, noticeFor(web), 1, world);
    const block = (line: string) => `# machinist demo: begin\n${line}\n# machinist demo: end\n`;
    expect(await readFile(file, "utf8")).toBe(`127.0.0.1 localhost\n${block("192.0.2.7\tweb-1\n127.0.0.1\tnat-1")}`);
    expect((await stat(file)).mode & 0o777).toBe(0o644);
    expect(written).toEqual({ "web-1": `::1 localhost\n${block("10.0.0.7\tweb-1")}` });
    machines.length = 0;
    await act(hook, noticeFor(), 1, world);
    expect(await readFile(file, "utf8")).toBe("127.0.0.1 localhost\n");
  });

  test("that cannot be written somewhere are written elsewhere, and that is said", async () => {
    const { folder, world } = await stage([web], {
      host: () => ({ run: async () => ({ code: 1, stdout: "", stderr: "no" }) }),
    });
    const file = join(folder, "hosts");
    const hook = hookOf({ type: "hosts", on: ["local", "machines"], file }, folder);
    await expect(act(hook, noticeFor(web), 1, world)).rejects.toMatchObject({
      code: "hook.hosts",
      message: expect.stringContaining("web-1"),
    });
    expect(await readFile(file, "utf8")).toContain("192.0.2.7\tweb-1");
    const nowhere = hookOf({ type: "hosts", on: ["local"], file: join(folder, "none", "hosts") }, folder);
    await expect(act(nowhere, noticeFor(web), 1, world)).rejects.toMatchObject({ code: "hook.hosts" });
  });
});

test("ssh-config has an entry per machine, in a file of its own that goes with the last of them", async () => {
  const full = machineNamed("web-1", { sshPort: 2222, sshUser: "root", sshKey: "/keys/a b" });
  const { folder, world, machines } = await stage([full, machineNamed("new-1", { address: undefined } as object)]);
  const hook = hookOf({ type: "ssh-config" }, folder);
  await act(hook, noticeFor(full), 1, world);
  const file = join(folder, ".ssh", "machinist", "demo");
  expect((await readFile(file, "utf8")).split("\n").filter((line) => line !== "")).toEqual([
    "# Written by machinist for fleet demo",
    "Host web-1",
    "  HostName 192.0.2.7",
    "  Port 2222",
    "  User root",
    '  IdentityFile "/keys/a b"',
    "  IdentitiesOnly yes",
    '  UserKnownHostsFile "/store/machines/web-1/known_hosts"',
  ]);
  expect((await stat(file)).mode & 0o777).toBe(0o600);
  machines.length = 0;
  await act(hook, noticeFor(), 1, world);
  await expect(stat(file)).rejects.toMatchObject({ code: "ENOENT" });
});

test("contexts follow the machines, and those of others stay as they are", async () => {
  const { readContext, writeContext } = await import("@machinist/docker-client");
  const { folder, world, machines } = await stage([
    machineNamed("web-1", { url: "tcp://a:1" }),
    machineNamed("db-1", { url: "tcp://b:1" }),
  ]);
  const docker = join(folder, ".docker");
  await writeContext(docker, { name: "db-1", description: "mine", url: "tcp://mine:1" });
  const hook = hookOf({ type: "contexts" }, folder);
  await act(hook, noticeFor(web), 1, world);
  expect(await readContext(docker, "web-1")).toMatchObject({ url: "tcp://a:1", owner: "hook-demo" });
  machines[0] = machineNamed("web-1", { url: "tcp://moved:1" });
  await act(hook, noticeFor(web), 1, world);
  expect((await readContext(docker, "web-1"))?.url).toBe("tcp://moved:1");
  machines.length = 0;
  await act(hook, noticeFor(), 1, world);
  expect(await readContext(docker, "web-1")).toBeUndefined();
  expect(await readContext(docker, "db-1")).toMatchObject({ url: "tcp://mine:1", description: "mine" });
});

describe("a webhook", () => {
  const serve = async (answer: (request: IncomingMessage, body: string) => number | "never") => {
    const server: Server = createServer(async (request, response) => {
      let body = "";
      for await (const part of request) body += part;
      const status = answer(request, body);
      if (status !== "never") response.writeHead(status, { location: "/elsewhere" }).end("x".repeat(100_000));
    });
    await new Promise<void>((done) => server.listen(0, "127.0.0.1", done));
    onTestFinished(() => {
      server.closeAllConnections();
      server.close();
    });
    return `http://127.0.0.1:${(server.address() as AddressInfo).port}/path-that-is-secret`;
  };

  test("posts the event, signed with the secret, to nobody else", async () => {
    const got: { signature: unknown; body: string; event: unknown }[] = [];
    const url = await serve((request, body) => {
      got.push({
        body,
        signature: request.headers["x-machinist-signature"],
        event: request.headers["x-machinist-event"],
      });
      return 204;
    });
    const { folder, world } = await stage([web], { env: { HOOK_SECRET: "topsecret" } });
    await act(hookOf({ type: "webhook", url, secretEnv: "HOOK_SECRET" }, folder), noticeFor(web), 3, world);
    expect(got).toHaveLength(1);
    expect(got[0]?.signature).toBe(signatureOf("topsecret", got[0]?.body ?? ""));
    expect(JSON.parse(got[0]?.body ?? "")).toMatchObject({
      event: "machine.created",
      attempt: 3,
      machine: { name: "web-1" },
    });
  });

  test.each([
    [500, "hook.answer", 60_000],
    [302, "hook.answer", 60_000],
    ["never", "hook.timeout", 300],
  ] as const)("that answers %s is %s, without the URL's path", async (status, code, timeoutMs) => {
    const url = await serve(() => status);
    const { folder, world } = await stage([web]);
    const error = await act(hookOf({ type: "webhook", url }, folder, { timeoutMs }), noticeFor(web), 1, world).catch(
      (thrown: Error) => thrown,
    );
    expect(error).toMatchObject({ code });
    expect(JSON.stringify([(error as Error).message, error])).not.toContain("secret");
  });

  test("nobody listens to, or whose secret is not set, says so", async () => {
    const { folder, world } = await stage([web]);
    const one = (more: object) =>
      act(hookOf({ type: "webhook", url: "http://127.0.0.1:1/x", ...more }, folder), noticeFor(web), 1, world);
    await expect(one({})).rejects.toMatchObject({ code: "hook.unreachable" });
    await expect(one({ secretEnv: "HOOK_SECRET" })).rejects.toMatchObject({ code: "hook.secret" });
  });
});

test("an action of a later machinist is refused with what to do", async () => {
  const { folder, world } = await stage([web]);
  const hook = hookOf({ type: "telepathy" } as never, folder);
  await expect(act(hook, noticeFor(web), 1, world)).rejects.toMatchObject({ code: "hook.unknown" });
});
