import { describe, expect, test } from "vitest";
import { rangesIn } from "../src/network.ts";
import { chooseSubnet, gatewayOf, machineAddresses, overlaps, parseRange } from "../src/subnet.ts";

describe("choosing a subnet", () => {
  test("takes the first that meets nothing in use", () => {
    expect(chooseSubnet([])).toBe("10.217.0.0/24");
    expect(chooseSubnet(["10.217.0.0/24"])).toBe("10.217.1.0/24");
    expect(chooseSubnet(["10.217.0.7", "10.217.1.0/25", "10.217.2.128/25"])).toBe("10.217.3.0/24");
  });

  test("a wide route takes a whole block away", () => {
    expect(chooseSubnet(["10.0.0.0/8"])).toBe("172.31.0.0/24");
    expect(chooseSubnet(["10.0.0.0/8", "172.16.0.0/12"])).toBe("192.168.200.0/24");
    expect(chooseSubnet(["10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16"])).toBeUndefined();
  });

  test("a default route takes nothing away", () => {
    expect(chooseSubnet(["default", "0.0.0.0/0"])).toBe("10.217.0.0/24");
  });

  test("reads what ip prints", () => {
    const text = `default via 192.0.2.1 dev eth0
192.0.2.0/24 dev eth0 proto kernel scope link src 192.0.2.2
2: eth0    inet 192.0.2.2/24 scope global eth0`;
    expect(rangesIn(text)).toEqual(["192.0.2.1", "192.0.2.0/24", "192.0.2.2", "192.0.2.2/24"]);
  });

  test("gives the host the first address and machines the rest", () => {
    expect(gatewayOf("10.217.9.0/24")).toBe("10.217.9.1");
    const addresses = machineAddresses("10.217.9.0/24");
    expect([addresses[0], addresses.at(-1), addresses.length]).toEqual(["10.217.9.2", "10.217.9.254", 253]);
  });

  test("refuses what is no range", () => {
    for (const text of ["", "10.0.0", "10.0.0.256", "10.0.0.0/33", "fd00::/64", "default"])
      expect(parseRange(text), text).toBeUndefined();
    expect(parseRange("10.1.2.3/24")).toEqual(parseRange("10.1.2.0/24"));
  });

  test("neighbours do not overlap", () => {
    const of = (text: string) => parseRange(text)!;
    expect(overlaps(of("10.0.0.0/24"), of("10.0.1.0/24"))).toBe(false);
    expect(overlaps(of("10.0.0.0/23"), of("10.0.1.0/24"))).toBe(true);
    expect(overlaps(of("192.168.200.255"), of("192.168.200.0/24"))).toBe(true);
  });
});
