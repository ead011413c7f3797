import { canonicalCidr, ingressOf } from "@machinist/options";
import { expect, test } from "vitest";

test.each([
  ["192.0.2.7/32", "192.0.2.7/32"],
  ["192.0.2.7/24", "192.0.2.0/24"],
  ["10.255.255.255/9", "10.128.0.0/9"],
  ["203.0.113.9/0", "0.0.0.0/0"],
  ["192.0.2.7", "192.0.2.7/32"],
  ["2001:DB8:0:0:0:0:0:1/64", "2001:db8::/64"],
  ["2001:0db8::00ff/128", "2001:db8::ff/128"],
  ["0:0:0:0:0:0:0:0/0", "::/0"],
  ["::ffff:192.0.2.7/128", "::ffff:c000:207/128"],
  ["fe80:1:2:3:4:5:6:7/20", "fe80::/20"],
  ["1:0:0:2::3", "1:0:0:2::3/128"],
])("%s is %s", (text, canonical) => {
  expect(canonicalCidr(text)).toBe(canonical);
  expect(canonicalCidr(canonical)).toBe(canonical);
});

test.each([
  "",
  "auto",
  "999.1.1.1/32",
  "1.2.3/8",
  "1.2.3.4/33",
  "::/129",
  "fe80::1%eth0/64",
  "010.1.1.1/8",
  "1.2.3.4/",
])("%j is none", (text) => expect(canonicalCidr(text)).toBeUndefined());

test("lists that let in the same are the same", () => {
  const one = ingressOf("ingress-cidr", ["2001:DB8::1/64", "auto", "192.0.2.7/24"]);
  expect(one).toEqual(["192.0.2.0/24", "2001:db8::/64", "auto"]);
  expect(ingressOf("ingress-cidr", ["192.0.2.0/24", "2001:db8::/64", "192.0.2.9/24", "auto"])).toEqual(one);
  expect(() => ingressOf("ingress-cidr", ["999.1.1.1/32"])).toThrowError(
    expect.objectContaining({ code: "options.invalid", message: expect.stringContaining("999.1.1.1/32") }),
  );
});
