import { spawnSync } from "node:child_process";
import { describe, expect, test } from "vitest";
import { describeUnless } from "../../../test/skipped.ts";
import { type FirstBoot, newBootSecret, userData } from "../src/index.ts";

const secret = "5ec2e7".padEnd(64, "a");
const key = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIKHEChV2KQkMvGCyqQFH1SZrV0m0MWeWmrXr0z0w5cSb me@here";

/** The parts as Python's own reader of mail sees them, which is cloud-init's: type, content, how to merge. */
function parts(text: string): { type: string; content: string; merge: string | null }[] {
  const program = `import email, json, sys
message = email.message_from_bytes(sys.stdin.buffer.read())
print(json.dumps([{"type": part.get_content_type(), "content": part.get_payload(decode=True).decode(), "merge": part["Merge-Type"]}
  for part in message.walk() if not part.is_multipart()]))`;
  const { stdout, stderr, status } = spawnSync(python, ["-c", program], { input: text, encoding: "utf8" });
  if (status !== 0) throw new Error(stderr);
  return JSON.parse(stdout);
}
const python = ["/usr/bin/python3", "python3"].find((path) => spawnSync(path, ["--version"]).status === 0) ?? "";

test("nothing asked for is nothing said", () => {
  expect(userData({})).toBe("");
});

test("one thing alone needs no parts", () => {
  const text = "#!/bin/sh\necho hi\n";
  expect(userData({ userData: text })).toBe(text);
  expect(userData({ hostname: "box", authorizedKeys: [` ${key}\n`] })).toBe(
    `#cloud-config\nhostname: "box"\nssh_authorized_keys: ["${key}"]\n`,
  );
});

test("the same wish gives the same text; a secret stands in it once, and a key pair as cloud-init names it", () => {
  const boot: FirstBoot = {
    bootSecret: secret,
    hostname: "box",
    hostKey: { privateKey: "-----BEGIN X-----\nabc\n-----END X-----", publicKey: key },
  };
  expect(userData(boot)).toBe(userData({ ...boot }));
  expect(userData(boot).split(secret)).toHaveLength(2);
  expect(userData(boot)).toContain('"ed25519_private":"-----BEGIN X-----\\nabc\\n-----END X-----\\n"');
  expect(newBootSecret()).toMatch(/^[0-9a-f]{64}$/);
  expect(newBootSecret()).not.toBe(newBootSecret());
});

describeUnless(python === "" ? "there is no python3 here" : undefined, "merged with the user's", () => {
  const ours = { bootSecret: secret, authorizedKeys: [key] };
  const formats: [string, string][] = [
    ["text/cloud-config", "#cloud-config\npackages: [vim]\n"],
    ["text/x-shellscript", "#!/bin/bash\nexit 1"],
    ["text/x-include-url", "#include\nhttps://example.com/a\n"],
    ["text/x-include-once-url", "#include-once\nhttps://example.com/a\n"],
    ["text/jinja2", "## template: jinja\n#cloud-config\nhostname: {{ v1.region }}\n"],
    ["text/cloud-boothook", "#cloud-boothook\n#!/bin/sh\ntrue\n"],
    ["text/part-handler", "#part-handler\ndef list_types(): return []\n"],
    ["text/cloud-config-archive", "#cloud-config-archive\n- content: '#!/bin/true'\n"],
    ["text/cloud-config-jsonp", "#cloud-config-jsonp\n[]\n"],
    ["text/cloud-config", "#cloud-config\nmotd: Grüße ✓\n"],
  ];
  test.each(formats)("%s comes through word for word, between our two parts", (type, text) => {
    const [script, theirs, config] = parts(userData({ ...ours, userData: text }));
    expect(script).toMatchObject({ type: "text/cloud-boothook", content: expect.stringContaining(secret) });
    expect(theirs).toMatchObject({ type, content: text, merge: null });
    // Ours adds to what is there, and comes last: nothing of the user's is replaced.
    expect(config).toMatchObject({
      type: "text/cloud-config",
      merge: expect.stringMatching(/list\(append\).*no_replace/),
    });
  });

  test("a message of several parts stays several parts", () => {
    const inner = parts(userData({ bootSecret: secret, userData: "#!/bin/sh\n" }));
    const nested = parts(userData({ ...ours, userData: userData({ bootSecret: secret, userData: "#!/bin/sh\n" }) }));
    expect(nested.slice(1, -1)).toEqual(inner);
    const old =
      'From nobody Thu Jan  1 00:00:00 1970\nContent-Type: multipart/mixed; boundary="b"\nMIME-Version: 1.0\n\n--b\nContent-Type: text/x-shellscript\n\n#!/bin/true\n--b--\n';
    expect(parts(userData({ ...ours, userData: old }))[1]).toMatchObject({
      type: "text/x-shellscript",
      content: "#!/bin/true",
    });
  });

  test("a byte order mark or blank lines in front do no harm", () => {
    expect(parts(userData({ ...ours, userData: "\uFEFF\n#Cloud-Config\na: 1\n" }))[1]?.type).toBe("text/cloud-config");
  });
});

describe("bad input", () => {
  test.each([
    ["cloud-init.user-data", { userData: "\u001F\uFFFD\b\0", hostname: "a" }, /unpack/],
    ["cloud-init.user-data", { userData: "", hostname: "a" }, /#cloud-config/],
    ["cloud-init.user-data", { userData: '{"ignition": {}}', bootSecret: secret }, /#cloud-config/],
    ["cloud-init.public-key", { authorizedKeys: ["ssh-ed25519 nonsense"] }, /\.pub/],
    ["cloud-init.public-key", { authorizedKeys: [`${key}\nevil: true`] }, /\.pub/],
    ["cloud-init.public-key", { hostKey: { privateKey: "x", publicKey: "-----BEGIN" } }, /\.pub/],
    ["cloud-init.hostname", { hostname: "a\nb: c" }, /letters/],
    ["cloud-init.boot-secret", { bootSecret: "short" }, /recreate/],
    ["cloud-init.boot-secret", { bootSecret: "0".repeat(64) }, /recreate/],
  ] satisfies [string, FirstBoot, RegExp][])("%s", (code, boot, hint) => {
    try {
      userData(boot);
    } catch (error) {
      expect(error).toMatchObject({ code, hint: expect.stringMatching(hint) });
      return;
    }
    throw new Error("It should have been refused");
  });
});
