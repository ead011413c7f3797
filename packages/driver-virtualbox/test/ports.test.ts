import { createServer, type Server } from "node:net";
import { afterEach, expect, test } from "vitest";
import { choosePorts, isFree } from "../src/ports.ts";
import { createProgram } from "../src/program.ts";
import { type FakeVBoxManage, fakeVBoxManage } from "./fake-vboxmanage.ts";

let fake: FakeVBoxManage | undefined;
let server: Server | undefined;
afterEach(async () => {
  server?.close();
  await fake?.remove();
});
const signal = new AbortController().signal;
const rule = (hostPort: number, name = "tcp-22") => ({ name, hostPort, guestPort: 22 });

async function programWith(list: string) {
  fake = await fakeVBoxManage({ "list --long vms": list });
  return createProgram({ env: fake.env });
}
/** A port that somebody listens on. */
const busy = (): Promise<number> =>
  new Promise((resolve) => {
    server = createServer().listen({ host: "127.0.0.1", port: 0 }, () => {
      const address = server?.address();
      resolve(typeof address === "object" && address ? address.port : 0);
    });
  });

test("new ports are free, below those of outgoing connections, and nobody else's", async () => {
  const others = Array.from({ length: 7990 }, (_, index) => `NIC 1 Rule(0): name = x, host port = ${24000 + index}`);
  const chosen = await choosePorts(await programWith(others.join("\n")), [rule(0), rule(0, "tcp-2376")], [], signal);
  const ports = chosen.map(({ hostPort }) => hostPort);
  expect(new Set(ports).size).toBe(2);
  for (const port of ports) {
    expect(port).toBeGreaterThanOrEqual(31990);
    expect(port).toBeLessThan(32000);
    expect(await isFree(port)).toBe(true);
  }
});

test("a machine keeps its port, unless something else took it", async () => {
  const program = await programWith("NIC 1 Rule(0): name = tcp-22, host port = 24022");
  expect(await choosePorts(program, [rule(0)], [rule(24022)], signal)).toEqual([rule(24022)]);
  const taken = await busy();
  const [chosen] = await choosePorts(program, [rule(0)], [rule(taken)], signal);
  expect(chosen?.hostPort).not.toBe(taken);
});

test("a published port that is in use is refused", async () => {
  const taken = await busy();
  await expect(choosePorts(await programWith(""), [rule(taken)], [], signal)).rejects.toMatchObject({
    code: "virtualbox.port",
  });
});
