import { execFile } from "node:child_process";
import { mkdir, mkdtemp, readFile, rm, stat, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, relative } from "node:path";
import { promisify } from "node:util";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { describeUnless } from "../../../test/skipped.ts";
import { withoutCurrentContext } from "../src/current-context.ts";
import type { DockerContext } from "../src/index.ts";
import { checkContextName, readContext, removeContext, writeContext } from "../src/index.ts";
import { hasDockerCli, identity, treeOf } from "./context-fixture.ts";

const run = promisify(execFile);
let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "machinist-context-"));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

const context: DockerContext = {
  name: "web-1",
  description: "first <web> & more",
  url: "tcp://192.0.2.7:2376",
  owner: "abc-1",
};

describe("context files", () => {
  it("come back as they were written, certificates included", async () => {
    const whole = { ...context, tls: { ca: "CA", cert: "CERT", key: "KEY" } };
    await writeContext(folder, whole);
    expect(await readContext(folder, "web-1")).toEqual(whole);
    expect(await readContext(folder, "web-2")).toBeUndefined();
  });

  it("lose their certificates when written without", async () => {
    await writeContext(folder, { ...context, tls: { ca: "CA", cert: "CERT", key: "KEY" } });
    await writeContext(folder, context);
    expect(await readContext(folder, "web-1")).toEqual(context);
  });

  it("are gone after removal, which may be repeated", async () => {
    await writeContext(folder, { ...context, tls: { ca: "CA", cert: "CERT", key: "KEY" } });
    await removeContext(folder, "web-1");
    await removeContext(folder, "web-1");
    expect((await treeOf(folder)).filter((line) => line.includes(" f "))).toEqual([]);
  });

  it("that are damaged are an error with the file's name, not an absence", async () => {
    await writeContext(folder, context);
    const meta = (await treeOf(folder)).find((line) => line.endsWith("meta.json"))?.split(" ")[2] ?? "";
    await writeFile(join(folder, meta), "{");
    await expect(readContext(folder, "web-1")).rejects.toMatchObject({ code: "context.unreadable" });
  });

  it.each(["default", "a", "-x", "a b", ""])("cannot be named %j", (name) => {
    expect(() => checkContextName(name)).toThrowError(expect.objectContaining({ code: "context.name" }));
  });
});

const noDocker = (await hasDockerCli()) ? undefined : "there is no docker command here";
describeUnless(noDocker, "beside the real docker command", () => {
  const cli = (...args: string[]) =>
    run("docker", args, { env: { ...process.env, DOCKER_CONFIG: folder, DOCKER_HOST: "" } });

  it("are byte for byte and mode for mode what it writes", async () => {
    const tls = identity();
    for (const [name, text] of Object.entries(tls)) await writeFile(join(folder, `${name}.pem`), text);
    const endpoint = `host=${context.url},ca=${folder}/ca.pem,cert=${folder}/cert.pem,key=${folder}/key.pem`;
    await cli("context", "create", "web-1", "--description", context.description, "--docker", endpoint);
    const theirs = await treeOf(join(folder, "contexts"), true);
    await rm(join(folder, "contexts"), { recursive: true });
    const { owner: _, ...unmarked } = context;
    await writeContext(folder, { ...unmarked, tls });
    expect(await treeOf(join(folder, "contexts"), true)).toEqual(theirs);
  });

  it("are listed, inspected and removed by it", async () => {
    await writeContext(folder, { ...context, tls: identity() });
    expect((await cli("context", "ls", "--format", "{{.Name}} {{.DockerEndpoint}}")).stdout).toContain(
      "web-1 tcp://192.0.2.7:2376",
    );
    const [seen] = JSON.parse((await cli("context", "inspect", "web-1")).stdout);
    expect(seen).toMatchObject({
      Name: "web-1",
      Metadata: { Description: context.description, "machinist.owner": "abc-1" },
      TLSMaterial: { docker: ["ca.pem", "cert.pem", "key.pem"] },
    });
    await cli("context", "rm", "web-1");
    expect(await readContext(folder, "web-1")).toBeUndefined();
  });
});

describe("selecting the default again", () => {
  it.each([
    ['{\n\t"auths": {},\n\t"currentContext": "web-1"\n}', '{\n\t"auths": {}\n}'],
    ['{\n\t"currentContext": "web-1",\n\t"auths": {}\n}\n', '{\n\t"auths": {}\n}\n'],
    ['{"a":1,   "currentContext":"web-1","b" : 2}', '{"a":1,"b" : 2}'],
    ['{ "currentContext": "web-1" }', "{  }"],
  ])("keeps the other bytes of %j", (before, after) => {
    expect(withoutCurrentContext(before, "web-1")).toBe(after);
  });

  it("is not misled by the same words elsewhere", () => {
    const text = '{"note": {"currentContext": "web-1", "x": 1}, "currentContext": "web-1"}';
    expect(JSON.parse(withoutCurrentContext(text, "web-1") ?? "")).toEqual({ note: { currentContext: "web-1", x: 1 } });
  });

  it.each(['{"currentContext":"other"}', "{}", "[]", "no json"])("leaves %j alone", (text) => {
    expect(withoutCurrentContext(text, "web-1")).toBeUndefined();
  });
});

describe("the kind's own care of config.json", () => {
  it("rewrites what a link points to and keeps its mode", async () => {
    const { deselectContext } = await import("../src/current-context.ts");
    const real = join(folder, "dotfiles");
    await mkdir(real);
    await writeFile(join(real, "docker.json"), '{\n  "currentContext": "web-1",\n  "x": 1\n}', { mode: 0o640 });
    await symlink(relative(folder, join(real, "docker.json")), join(folder, "config.json"));
    expect(await deselectContext(folder, "web-1")).toBe(true);
    expect(await readFile(join(real, "docker.json"), "utf8")).toBe('{\n  "x": 1\n}');
    expect((await stat(join(real, "docker.json"))).mode & 0o777).toBe(0o640);
    expect(await deselectContext(folder, "web-1")).toBe(false);
  });
});
