import { once } from "node:events";
import { existsSync, mkdtempSync, rmSync } from "node:fs";
import { createServer, type Server } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import type { Data, DriverModule } from "@machinist/core";
import amazonec2 from "@machinist/driver-amazonec2";
import digitalocean from "@machinist/driver-digitalocean";
import { openMachinist } from "@machinist/fleet";
import { Encrypter } from "age-encryption";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { resolveOptions } from "../packages/options/src/index.ts";

const passphrase = "correct horse battery";
const top = mkdtempSync(join(tmpdir(), "machinist-import-clouds-"));
/** A service of whoever made the file. It writes down what it is sent. */
let server: Server;
let url: string;
const heard: string[] = [];
beforeAll(async () => {
  server = createServer((request, response) => {
    heard.push(`${request.method} ${request.url} ${request.headers.authorization ?? ""}`);
    response.writeHead(404).end("{}");
  });
  await once(server.listen(0, "127.0.0.1"), "listening");
  url = `http://127.0.0.1:${(server.address() as { port: number }).port}`;
});
afterAll(() => {
  server.close();
  rmSync(top, { recursive: true, force: true });
});

const env = {
  HOME: top,
  DIGITALOCEAN_ACCESS_TOKEN: "canary-token",
  AWS_ACCESS_KEY_ID: "AKIACANARY",
  AWS_SECRET_ACCESS_KEY: "canary-secret",
};

/** A file as an exporter could have made it: `options` are what its maker wants to be believed. */
async function sealed(module: DriverModule, options: Data, honest: Data): Promise<Uint8Array> {
  const driver = module.create({ env: {}, cacheDir: top, machineDir: () => top });
  const uid = "mabcdefghijklmn";
  const planned = await driver.plan(
    { name: "web", fleet: "default", publicKey: "" },
    resolveOptions(module, options, {}),
  );
  const saved = planned.map((each, index) => ({
    ...each,
    ...{ generation: index + 1, status: "created", intentAt: 0, state: { api: url, id: 777, account: "x" } },
  }));
  const recordOf = (scope: string, more: object) => ({
    ...{ version: 1, scope, uid, fleet: "default", uses: [], lastGeneration: saved.length },
    resources: Object.fromEntries(saved.filter(({ id }) => id.startsWith(`${scope}/`)).map((each) => [each.id, each])),
    ...more,
  });
  const machine = { driver: module.name, options: resolveOptions(module, honest, {}), engine: false, createdAt: 0 };
  const scopes = [recordOf("@default", { uid: "mabcdefghijklmo" }), recordOf("web", { machine })];
  const encrypter = new Encrypter();
  encrypter.setPassphrase(passphrase);
  encrypter.setScryptWorkFactor(8);
  const bundle = { machinist: "machines", version: 1, exportedAt: "", storePath: "/ours", images: {} };
  return encrypter.encrypt(
    gzipSync(JSON.stringify({ ...bundle, scopes: scopes.map((record) => ({ record, files: [] })) })),
  );
}

describe.each([
  [digitalocean, "api-url", "DIGITALOCEAN_API_URL", {}],
  [amazonec2, "endpoint", "AWS_ENDPOINT", {}],
] as const)("a file with another service for $name", (module, option, variable, base) => {
  const opened = (more: object = {}) =>
    openMachinist({ storagePath: join(top, module.name), env: { ...env, ...more }, drivers: [module] });

  test("is refused, whether its options or its resources name it, and the service hears nothing", async () => {
    await using machinist = await opened();
    const evil = { ...base, [option]: url };
    for (const [options, honest, code] of [
      [evil, evil, "import.service"],
      [evil, base, "import.file"],
    ] as const) {
      const data = await sealed(module, options, honest);
      await expect(machinist.importMachines(data, { passphrase })).rejects.toMatchObject({ code });
    }
    expect(await machinist.names()).toEqual([]);
    expect(heard).toEqual([]);
  });

  test("is refused without showing the password in this computer's own setting", async () => {
    await using machinist = await opened({ [variable]: "https://me:hunter2@mine.example" });
    const data = await sealed(module, { ...base, [option]: url }, { ...base, [option]: url });
    const refused = await machinist.importMachines(data, { passphrase }).catch((thrown: Error) => thrown);
    expect(refused).toMatchObject({ code: "import.service", message: expect.stringContaining("mine.example") });
    expect(JSON.stringify(refused) + (refused as Error).message).not.toContain("hunter2");
  });

  test("asks the service that this computer's own settings name, and takes nothing that is not there", async () => {
    await using machinist = await opened({ [variable]: url });
    const evil = { ...base, [option]: url };
    const data = await sealed(module, evil, evil);
    const refused = await machinist.importMachines(data, { passphrase }).catch((thrown: unknown) => thrown);
    expect(refused).toMatchObject({ code: expect.stringMatching(/^import\.(unseen|absent)$/) });
    expect(heard.splice(0)).not.toEqual([]);
    expect(existsSync(join(top, module.name, "machines", "web"))).toBe(false);
  });
});
