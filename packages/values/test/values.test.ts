import type { Endpoint } from "@machinist/core";
import { checkedEndpoint, engineUrl, hostAddress, isHostAddress, port, userName } from "@machinist/values";
import fc from "fast-check";
import { describe, expect, test } from "vitest";

const nasty = fc.string({ unit: "binary", maxLength: 40 });
/** What ends a word, a line or a string somewhere. */
const special = /[\s;|&$`"'<>()#!*?{}]|[\u0000-\u001f\u007f]/;

describe("a host address", () => {
  test.each(["192.0.2.7", "2001:db8::7", "fe80::1%eth0", "box", "box.example.", "_srv.box", "a".repeat(63)])(
    "may be %s",
    (text) => expect(hostAddress(text, "it")).toBe(text),
  );
  test.each([
    ...["", ".", "-box", "box-", "a..b", "1.2.3", "999.1.1.1", "[2001:db8::7]", "box:22", "root@box", "http://box"],
    ...["box\nProxyCommand touch /tmp/x", "box ", "fe80::1%eth0;id", "fe80::1%a%b", "box%eth0", "a".repeat(64)],
    ...["ä.example", "bo\u200bx", undefined, 7, null, {}, []],
  ])("is not %j", (text) =>
    expect(() => hostAddress(text, "it")).toThrow(expect.objectContaining({ code: "value.host" })),
  );

  test("holds nothing that means anything to a shell, a line or a list, whatever was given", () => {
    fc.assert(
      fc.property(nasty, (text) => !isHostAddress(text) || !special.test(text)),
      { numRuns: 20_000 },
    );
  });
});

test("a port is a whole number from 1 to 65535", () => {
  expect(port(1, "it")).toBe(1);
  for (const wrong of [0, 65_536, 1.5, Number.NaN, "22", -1, undefined])
    expect(() => port(wrong, "it")).toThrow(expect.objectContaining({ code: "value.port" }));
});

test("a user is no option, no host and no command of ssh's", () => {
  for (const right of ["root", "ec2-user", "DOMAIN\\jane", "jane@example.org", "box$", "_apt"])
    expect(userName(right, "it")).toBe(right);
  for (const wrong of ["", "-oProxyCommand=id", "a b", "a\nb", "$(id)", "a;b", "ä", undefined])
    expect(() => userName(wrong, "it")).toThrow(expect.objectContaining({ code: "value.user" }));
});

describe("an engine's URL", () => {
  test.each(["tcp://192.0.2.7:2376", "tcp://[2001:db8::7]:2376", "tcp://box.example:1", "unix:///var/run/docker.sock"])(
    "may be %s",
    (text) => expect(engineUrl(text, "it")).toBe(text),
  );
  test.each([
    ...["tcp://x;touch /tmp/y:1", "tcp://x:1 --config=/tmp", "tcp://2001:db8::7:2376", "tcp://[box]:1", "tcp://box"],
    ...[
      "tcp://box:0",
      "tcp://box:65536",
      "tcp://$(id):1",
      "tcp://u@box:1",
      "http://box:1",
      "unix://relative",
      "tcp://box:1\n",
    ],
    ...["unix:///a b", "unix:///a;b", undefined, 7],
  ])("is not %j", (text) =>
    expect(() => engineUrl(text, "it")).toThrow(expect.objectContaining({ code: "value.engine-url" })),
  );

  test("is one plain word in any shell", () => {
    fc.assert(
      fc.property(
        fc.oneof(
          nasty,
          nasty.map((text) => `tcp://${text}:1`),
          nasty.map((text) => `unix:///${text}`),
        ),
        (text) => {
          try {
            expect(engineUrl(text, "it").replace(/^tcp:\/\/\[[^\]]*\]/, "")).not.toMatch(special);
          } catch (thrown) {
            expect(thrown).toMatchObject({ code: "value.engine-url" });
          }
        },
      ),
      { numRuns: 20_000 },
    );
  });
});

describe("an endpoint", () => {
  const whole: Endpoint = {
    ...{ host: "192.0.2.7", port: 22, user: "root", privateHost: "10.0.0.1", forwards: { "2376": 20_001 } },
    ...{ hostKeys: ["ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAA me@box"], jump: ["jane@gate:2222", "[2001:db8::1]"] },
    ...{ keyPath: "/home/jane/my key", fingerprint: `SHA256:${"a".repeat(43)}` },
  };
  test("is what its driver said, where every part of it is right", () => {
    expect(checkedEndpoint(whole, "web")).toBe(whole);
  });
  test.each<[string, object]>([
    ["value.host", { host: "box\nProxyCommand id" }],
    ["value.host", { privateHost: "10.0.0.1\n1.2.3.4 bank" }],
    ["value.port", { port: "22" }],
    ["value.port", { forwards: { "2376": 70_000 } }],
    ["value.port", { forwards: { x: 1 } }],
    ["value.user", { user: "-oProxyCommand=id" }],
    ["value.path", { keyPath: "/a\nProxyCommand id" }],
    ["value.path", { bootSecret: "" }],
    ["value.endpoint", { hostKeys: ["ssh-ed25519 AAAA\n@cert-authority * ssh-rsa BBBB"] }],
    ["value.endpoint", { jump: ["gate\nx"] }],
    ["value.endpoint", { jump: ["-oProxyCommand=id"] }],
    ["value.endpoint", { fingerprint: "SHA256:short" }],
  ])("is refused with %s for %j, in one line that names the machine", (code, wrong) => {
    const refused = (() => {
      try {
        return checkedEndpoint({ ...whole, ...wrong } as Endpoint, "web");
      } catch (thrown) {
        return thrown as Error;
      }
    })();
    expect(refused).toMatchObject({ code, message: expect.stringMatching(/^The .* of web cannot be [^\n]*$/) });
  });
});

test.each<[string, object]>([
  ["value.endpoint", { jump: 0.5 }],
  ["value.endpoint", { jump: [{ toString: 1 }] }],
  ["value.endpoint", { hostKeys: "ssh-ed25519 AAAA" }],
  ["value.endpoint", { hostKeys: [null] }],
  ["value.endpoint", { fingerprint: { toString: 1, valueOf: 1 } }],
  ["value.endpoint", { forwards: [1] }],
  ["value.port", { forwards: { "22": { valueOf: 1 } } }],
  ["value.path", { keyPath: {} }],
])("%s: a part of another type, %j, is refused like a wrong one", (code, part) => {
  const endpoint = { host: "h", port: 22, user: "root", ...part };
  expect(() => checkedEndpoint(endpoint as never, "web")).toThrow(expect.objectContaining({ code }));
});
