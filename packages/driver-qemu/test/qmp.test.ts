import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer, type Server, type Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { sendCommand } from "../src/qmp.ts";

let folder: string;
let path: string;
let server: Server | undefined;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "machinist-qmp-"));
  path = join(folder, "qmp.sock");
});
afterEach(async () => {
  await new Promise((resolve) => (server ? server.close(resolve) : resolve(undefined)));
  server = undefined;
  rmSync(folder, { recursive: true, force: true });
});

const GREETING = `{"QMP": {"version": {"qemu": {"major": 7}}, "capabilities": []}}\r\n`;

type Said = { execute: string; id: number; arguments: unknown };

/** A QEMU that greets, and answers each command as told. */
async function qemu(answer: (said: Said, socket: Socket) => void, greeting = GREETING): Promise<Said[]> {
  const heard: Said[] = [];
  server = createServer((socket) => {
    socket.on("error", () => {});
    socket.write(greeting);
    socket.on("data", (data) => {
      for (const line of data.toString().trim().split("\n")) {
        const said = JSON.parse(line) as Said;
        heard.push(said);
        answer(said, socket);
      }
    });
  });
  await new Promise<void>((resolve) => server?.listen(path, resolve));
  return heard;
}

test("capabilities are agreed on, then the command is given; events and pieces between do not matter", async () => {
  const heard = await qemu(({ id }, socket) => {
    socket.write(`{"event": "RTC_CHANGE", "data": {}}\r\n{"return"`);
    setTimeout(() => socket.write(`: {}, "id": ${id}}\r\n`), 5);
  });
  expect(await sendCommand(path, "block_resize", { "node-name": "disk", size: 7 })).toBe(true);
  expect(heard.map(({ execute }) => execute)).toEqual(["qmp_capabilities", "block_resize"]);
  expect(heard[1]?.arguments).toEqual({ "node-name": "disk", size: 7 });
});

test("where nobody listens the machine does not run", async () => {
  expect(await sendCommand(path, "system_powerdown")).toBe(false);
  writeFileSync(path, "");
  expect(await sendCommand(path, "system_powerdown")).toBe(false);
});

test("a refusal is told in QEMU's own words", async () => {
  await qemu(({ id, execute }, socket) => {
    const body =
      execute === "qmp_capabilities" ? { return: {} } : { error: { class: "GenericError", desc: "No such node" } };
    socket.write(`${JSON.stringify({ ...body, id })}\r\n`);
  });
  await expect(sendCommand(path, "block_resize")).rejects.toMatchObject({ code: "qemu.qmp", message: /No such node/ });
});

test.each([
  ["goes away", (_said: Said, socket: Socket) => void socket.destroy()],
  ["talks nonsense", (_said: Said, socket: Socket) => void socket.write("nonsense\r\n")],
])("one that %s can be asked again", async (_what, answer) => {
  await qemu(answer);
  await expect(sendCommand(path, "stop")).rejects.toMatchObject({ code: "qemu.qmp", retryable: true });
});
