import { execFileSync } from "node:child_process";
import { join } from "node:path";
import { type StubSshServer, startStubSshServer } from "@machinist/lab";
import { afterEach, beforeEach, expect, test } from "vitest";
import { keep } from "./kept-machines.ts";
import { Scene } from "./scene.ts";

let scene: Scene;
let server: StubSshServer;
beforeEach(async () => {
  scene = new Scene();
  server = await startStubSshServer({ runs: true });
  const kept = { IPAddress: "127.0.0.1", SSHPort: server.port };
  execFileSync("ssh-keygen", ["-q", "-t", "ed25519", "-N", "", "-f", join(keep(scene, "box", { kept }), "id_rsa")]);
});
afterEach(async () => {
  await scene.close();
  await server.close();
});

const ssh = (stdin: string | AsyncIterable<string>, ...words: string[]) =>
  scene.run(["--native-ssh", "ssh", "box", ...words], {}, stdin);

test("a command reads what is piped in, to its end", async () => {
  expect(await ssh("a\nb\n", "cat")).toEqual({ code: 0, stdout: "a\nb\n", stderr: "" });
  expect(await ssh("a\nb\n", "read", "x;", "echo", '"got $x"', ">&2")).toEqual({
    code: 0,
    stdout: "",
    stderr: "got a\n",
  });
  expect(await ssh("", "cat")).toEqual({ code: 0, stdout: "", stderr: "" });
});

test("a command that ends before its input does waits for no more of it", async () => {
  async function* endless() {
    yield "a\n";
    await new Promise(() => {});
  }
  expect(await ssh(endless(), "head", "-n1")).toEqual({ code: 0, stdout: "a\n", stderr: "" });
  expect(await ssh(endless(), "exit 3")).toMatchObject({ code: 1, stderr: "Process exited with status 3\n" });
});
