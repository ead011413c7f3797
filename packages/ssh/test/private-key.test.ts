import { execFileSync } from "node:child_process";
import { generateKeyPairSync, type KeyObject } from "node:crypto";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { checkPrivateKey, fingerprint } from "../src/index.ts";
import { parsePrivateKey } from "../src/private-key.ts";
import { failureOf } from "./support/world.ts";

let dir: string;
beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), "machinist-keys-"));
});
afterAll(() => rm(dir, { recursive: true, force: true }));

const kinds: [string, () => KeyObject][] = [
  ["rsa", () => generateKeyPairSync("rsa", { modulusLength: 2048 }).privateKey],
  ["ecdsa", () => generateKeyPairSync("ec", { namedCurve: "P-256" }).privateKey],
  ["ed25519", () => generateKeyPairSync("ed25519").privateKey],
];

/** As ssh-keygen sees the key; ed25519 it cannot read in this form. */
const seen = (path: string) => execFileSync("ssh-keygen", ["-lf", path], { encoding: "utf8" }).split(" ")[1];

describe.each(kinds)("a key of type %s in PKCS#8", (type, make) => {
  test("is read, and the file stays as it is", async () => {
    const path = join(dir, type);
    const pem = make().export({ type: "pkcs8", format: "pem" });
    await writeFile(path, pem, { mode: 0o600 });
    await checkPrivateKey(path);
    const key = await parsePrivateKey(path, await readFile(path));
    if (type !== "ed25519") expect(fingerprint(key!.publicKey)).toBe(seen(path));
    expect(await readFile(path, "utf8")).toBe(pem);
    await writeFile(`${path}.ssh`, key!.text, { mode: 0o600 });
    expect(fingerprint(key!.publicKey)).toBe(seen(`${path}.ssh`));
  });

  test("with a passphrase is opened by it alone", async () => {
    const path = join(dir, `${type}-locked`);
    const pem = make().export({ type: "pkcs8", format: "pem", cipher: "aes-256-cbc", passphrase: "open sesame" });
    await writeFile(path, pem, { mode: 0o600 });
    const file = await readFile(path);
    await checkPrivateKey(path);
    expect(await parsePrivateKey(path, file)).toBeUndefined();
    expect((await parsePrivateKey(path, file, "open sesame"))?.publicKey.length).toBeGreaterThan(40);
    expect((await failureOf(parsePrivateKey(path, file, "wrong"))).code).toBe("ssh.key-passphrase");
  });
});

test("what is no key is refused with a hint that leaves the user's file alone", async () => {
  const odd: [string, string][] = [
    ["putty", "PuTTY-User-Key-File-3: ssh-ed25519\nEncryption: none\n"],
    ["x448", generateKeyPairSync("x448").privateKey.export({ type: "pkcs8", format: "pem" }).toString()],
    ["broken", "-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n"],
    ["other", "-----BEGIN OPENSSH PRIVATE KEY-----\nAAAA\n-----END OPENSSH PRIVATE KEY-----\n"],
  ];
  for (const [name, text] of odd) {
    await writeFile(join(dir, name), text, { mode: 0o600 });
    const { code, hint } = await failureOf(checkPrivateKey(join(dir, name)));
    expect(code, name).toBe("ssh.key-invalid");
    expect(hint, name).not.toContain(`-f '${join(dir, name)}'`);
  }
  expect((await failureOf(checkPrivateKey(join(dir, "nowhere")))).code).toBe("ssh.key-missing");
});
