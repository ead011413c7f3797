import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { generic, none } from "@machinist/driver-generic";
import { type StubSshServer, startStubSshServer } from "@machinist/lab";
import { writeIdentity } from "@machinist/ssh";
import { testDriver } from "@machinist/testkit/suites";
import { afterAll, beforeAll } from "vitest";

const options = { "ip-address": "127.0.0.1", "ssh-port": 0, "ssh-key": "", "trust-on-first-use": true };
let folder: string;
let server: StubSshServer;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "machinist-generic-"));
  options["ssh-key"] = (await writeIdentity(folder)).path;
  server = await startStubSshServer();
  options["ssh-port"] = server.port;
});
afterAll(async () => {
  await server?.close();
  await rm(folder, { recursive: true, force: true });
});

const nothingMade = "it makes nothing: the host is the user's own, before and after";

testDriver({
  module: generic,
  options,
  changed: { "ssh-user": "admin" },
  leftovers: async () => [],
  notApplicable: {
    "what cannot be read is an error, and nothing is forgotten or made over it": nothingMade,
    "what others made is left alone": nothingMade,
    "what cannot is replaced, if that was agreed to": "every option can be changed in place",
  },
});

testDriver({
  module: none,
  options: { url: "tcp://192.0.2.7:2376" },
  changed: { url: "tcp://192.0.2.8:2376" },
  leftovers: async () => [],
  notApplicable: {
    "what cannot be read is an error, and nothing is forgotten or made over it": nothingMade,
    "what others made is left alone": nothingMade,
    "what cannot is replaced, if that was agreed to": "every option can be changed in place",
  },
});
