import { execFile, spawnSync } from "node:child_process";
import { chmod, mkdtemp, readdir, readFile, rm, stat, writeFile } from "node:fs/promises";
import { type AddressInfo, connect as netConnect } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { connect, createServer } from "node:tls";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { testUnless } from "../../../test/skipped.ts";
import { createCertificates, inspect, matches, signedBy } from "../src/certs/index.ts";
import { issue, newKey } from "../src/certs/sign.ts";

const run = promisify(execFile);
const mode = async (path: string): Promise<string> => ((await stat(path)).mode & 0o777).toString(8);
const hasOpenssl = spawnSync("openssl", ["version"]).status === 0;

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "machinist-certs-"));
});
afterEach(async () => {
  vi.useRealTimers();
  await rm(folder, { recursive: true, force: true });
});

describe("the authority", () => {
  test("has docker-machine's files, modes, subjects, usages and lifetime", async () => {
    const certificates = createCertificates({ folder, organization: "user" });
    await certificates.client();
    expect((await readdir(folder)).sort()).toEqual(["ca-key.pem", "ca.pem", "cert.pem", "key.pem"]);
    expect(
      await Promise.all(["ca-key.pem", "ca.pem", "cert.pem", "key.pem"].map((f) => mode(join(folder, f)))),
    ).toEqual(["600", "644", "644", "600"]);
    expect(await readFile(join(folder, "ca-key.pem"), "utf8")).toMatch(/^-----BEGIN RSA PRIVATE KEY-----\n/);
    const ca = inspect(await readFile(join(folder, "ca.pem"), "utf8"));
    expect(ca).toMatchObject({ organization: "user", ca: true });
    expect(Date.parse(ca.expires) - Date.parse(ca.notBefore)).toBe(1080 * 86_400_000);
    expect(Date.now() - Date.parse(ca.notBefore)).toBeGreaterThanOrEqual(5 * 60_000 - 1000);
    const client = inspect(await readFile(join(folder, "cert.pem"), "utf8"));
    expect(client).toMatchObject({ organization: "user.<bootstrap>", ca: false });
    const server = await certificates.issueServer({ machine: "m1", sans: ["m1", "192.0.2.10", "2001:db8:0:0::1"] });
    expect(inspect(server.cert)).toMatchObject({
      organization: "user.m1",
      sans: ["m1", "192.0.2.10", "2001:db8::1"],
      expires: server.expires,
    });
  });

  test("has these modes whatever the umask is", async () => {
    const umask = process.umask(0o077);
    try {
      await createCertificates({ folder }).ca();
    } finally {
      process.umask(umask);
    }
    expect(await Promise.all(["ca-key.pem", "ca.pem"].map((f) => mode(join(folder, f))))).toEqual(["600", "644"]);
  });

  test("is made once by many processes that start at once", async () => {
    const script = `import { createCertificates } from "./src/certs/certificates.ts";
      const c = createCertificates({ folder: process.argv[2], organization: "user" });
      const pair = await c.client();
      const { cert } = await c.ca();
      process.stdout.write(JSON.stringify([cert, pair]));`;
    const bundle = join(folder, "..", `machinist-ca-${process.pid}.mjs`);
    const { build } = await import("esbuild");
    await build({
      stdin: { contents: script, resolveDir: fileURLToPath(new URL("..", import.meta.url)), loader: "ts" },
      bundle: true,
      platform: "node",
      format: "esm",
      outfile: bundle,
      conditions: ["@machinist/source"],
      banner: { js: 'import { createRequire } from "node:module"; const require = createRequire(import.meta.url);' },
    });
    try {
      const store = join(folder, "certs");
      const said = await Promise.all(Array.from({ length: 6 }, () => run(process.execPath, [bundle, store])));
      expect(new Set(said.map(({ stdout }) => JSON.parse(stdout)[0])).size).toBe(1);
      expect(new Set(said.map(({ stdout }) => stdout)).size).toBe(1);
      expect((await readdir(store)).sort()).toEqual(["ca-key.pem", "ca.pem", "cert.pem", "key.pem"]);
      const [cert, key] = await Promise.all(["ca.pem", "ca-key.pem"].map((f) => readFile(join(store, f), "utf8")));
      expect(matches(cert!, key!)).toBe(true);
    } finally {
      await rm(bundle, { force: true });
    }
  });

  test("is finished by the next process when its maker died after the key", async () => {
    const key = await newKey();
    await writeFile(join(folder, "ca-key.pem"), key);
    const { cert } = await createCertificates({ folder }).ca();
    expect(matches(cert, key)).toBe(true);
  });

  test("is taken as it is where there is one", async () => {
    const key = await newKey();
    const cert = await issue({ role: "ca", organization: "old", key });
    await Promise.all([writeFile(join(folder, "ca.pem"), cert), writeFile(join(folder, "ca-key.pem"), key)]);
    const client = await createCertificates({ folder, organization: "new" }).client();
    expect(signedBy(client.cert, cert)).toBe(true);
    expect(await readFile(join(folder, "ca.pem"), "utf8")).toBe(cert);
  });

  test.each([
    ["certs.ca-key-missing", async (path: string) => rm(join(path, "ca-key.pem"))],
    ["certs.ca-mismatch", async (path: string) => writeFile(join(path, "ca-key.pem"), await newKey())],
    ["certs.unreadable", async (path: string) => writeFile(join(path, "ca.pem"), "-----BEGIN CERTIFICATE-----\nx")],
    ["certs.unreadable", async (path: string) => writeFile(join(path, "ca-key.pem"), "")],
  ])("says %s with a hint when it is broken", async (code, spoil) => {
    const certificates = createCertificates({ folder });
    await certificates.ca();
    await spoil(folder);
    await expect(certificates.ca()).rejects.toMatchObject({ code, hint: expect.stringMatching(/\S/) });
  });

  test("says when it has ended", async () => {
    const key = await newKey();
    const past = Date.now() - 1081 * 86_400_000;
    await writeFile(join(folder, "ca-key.pem"), key);
    await writeFile(join(folder, "ca.pem"), await issue({ role: "ca", organization: "user", key, now: past }));
    await expect(createCertificates({ folder }).client()).rejects.toMatchObject({
      code: "certs.ca-expired",
      hint: expect.stringContaining("regenerate-certs"),
    });
  });

  test("a folder that cannot be written is said by name", async () => {
    await writeFile(join(folder, "file"), "");
    await chmod(join(folder, "file"), 0o600);
    await expect(createCertificates({ folder: join(folder, "file", "certs") }).ca()).rejects.toMatchObject({
      code: expect.stringMatching(/^certs\.(write|read)$/),
    });
  });
});

describe("the client pair", () => {
  test("is kept, healed where its certificate is not good, and replaced when asked", async () => {
    const certificates = createCertificates({ folder });
    const first = await certificates.client();
    expect(await certificates.client()).toEqual(first);
    const stranger = await newKey();
    const strange = await issue({ role: "ca", organization: "stranger", key: stranger });
    await writeFile(join(folder, "cert.pem"), strange);
    const healed = await certificates.client();
    expect(healed.key).toBe(first.key);
    expect(matches(healed.cert, healed.key)).toBe(true);
    const renewed = await certificates.renewClient();
    expect(renewed.key).not.toBe(first.key);
    expect(await certificates.client()).toEqual(renewed);
  });

  test("is renewed before it ends", async () => {
    const certificates = createCertificates({ folder });
    const [authority, { key }] = await Promise.all([certificates.ca(), certificates.client()]);
    const old = Date.now() - 1060 * 86_400_000;
    const ending = await issue({ role: "client", organization: "u", key, issuer: authority, now: old });
    await writeFile(join(folder, "cert.pem"), ending);
    expect((await certificates.client()).cert).not.toBe(ending);
  });
});

test("a machine's folder gets docker-machine's five files, all 0600", async () => {
  const certificates = createCertificates({ folder: join(folder, "certs") });
  const machine = join(folder, "machines", "m1");
  await certificates.keepServer(machine, await certificates.issueServer({ machine: "m1", sans: ["m1"] }));
  expect(await certificates.isCopiedTo(machine)).toBe(false);
  await certificates.copyTo(machine);
  expect(await certificates.isCopiedTo(machine)).toBe(true);
  const names = (await readdir(machine)).sort();
  expect(names).toEqual(["ca.pem", "cert.pem", "key.pem", "server-key.pem", "server.pem"]);
  for (const name of names) expect(await mode(join(machine, name))).toBe("600");
});

testUnless(
  hasOpenssl ? undefined : "there is no openssl here",
  "openssl accepts the chain, for its purposes only",
  async () => {
    const certificates = createCertificates({ folder });
    const { cert } = await certificates.issueServer({ machine: "m1", sans: ["m1.example", "192.0.2.10"] });
    await writeFile(join(folder, "server.pem"), cert);
    await certificates.client();
    const verify = (purpose: string, file: string, ...more: string[]) =>
      spawnSync("openssl", [
        ...["verify", "-x509_strict", "-purpose", purpose, "-CAfile", join(folder, "ca.pem"), ...more],
        join(folder, file),
      ]).status;
    expect(verify("sslserver", "server.pem", "-verify_ip", "192.0.2.10")).toBe(0);
    expect(verify("sslserver", "server.pem", "-verify_hostname", "m1.example")).toBe(0);
    expect(verify("sslserver", "server.pem", "-verify_ip", "192.0.2.11")).not.toBe(0);
    expect(verify("sslclient", "cert.pem")).toBe(0);
    expect(verify("sslclient", "server.pem")).not.toBe(0);
    expect(verify("sslserver", "cert.pem")).not.toBe(0);
  },
);

test("node:tls shakes hands both ways, and only with the client's certificate", async () => {
  const certificates = createCertificates({ folder });
  const [ca, client, server] = await Promise.all([
    certificates.ca(),
    certificates.client(),
    certificates.issueServer({ machine: "m1", sans: ["127.0.0.1"] }),
  ]);
  const listener = createServer({ ...server, ca: ca.cert, requestCert: true, rejectUnauthorized: true }, (socket) =>
    socket.end("welcome"),
  );
  listener.on("tlsClientError", () => {});
  await new Promise<void>((done) => listener.listen(0, "127.0.0.1", done));
  const { port } = listener.address() as AddressInfo;
  const greet = (pair: object): Promise<string> =>
    new Promise((resolve, reject) => {
      let text = "";
      const socket = connect({ socket: netConnect(port, "127.0.0.1"), host: "127.0.0.1", ca: ca.cert, ...pair });
      socket.on("data", (piece) => {
        text += piece;
      });
      socket.on("error", reject);
      socket.on("close", () => resolve(text));
    });
  try {
    expect(await greet(client)).toBe("welcome");
    await expect(greet({})).rejects.toThrow();
  } finally {
    listener.close();
  }
});
