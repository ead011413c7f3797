import { expect, test } from "vitest";
import { dockerMachineForm } from "../src/go/docker-machine.ts";

const flag = (option: string, value = "") =>
  ({ flag: `hetzner-${option}`, option, type: "string", usage: "", env: "", value }) as const;
const flags = [flag("api-token"), flag("other-password", "tcuser"), flag("size")];
const form = dockerMachineForm("hetzner.machine", (machine) => `${machine}/machine`, flags);
const kept = {
  ...{ MachineName: "web", IPAddress: "192.0.2.7", SSHPort: 2222, SSHUser: "root", SSHKeyPath: "/keys/id_rsa" },
  ...{ AccessToken: "sesame", APIToken: "open", OtherPassword: "hush", ServerID: 42, UserData: "" },
};

test("a plugin's machine that docker-machine made is taken over without the secrets that stood in its file", () => {
  const { resources, options } = form.read(kept, "web");
  expect(options).toEqual({});
  expect(resources).toHaveLength(1);
  const { id, kind, state } = resources[0]!;
  expect([id, kind]).toEqual(["web/machine", "hetzner.machine"]);
  expect(state).toMatchObject({
    ...{ host: "192.0.2.7", port: 2222, user: "root", keyPath: "/keys/id_rsa" },
    whole: true,
  });
  const config = JSON.parse(String(state?.config));
  expect(config).toEqual({
    ...kept,
    // Each names the option that gives it again: its own where one is called so, else the first.
    ...{
      AccessToken: "${secret:api-token}",
      APIToken: "${secret:api-token}",
      OtherPassword: "${secret:other-password}",
    },
  });
});

test("what is written for other programs has neither secrets nor their names", () => {
  const { resources } = form.read(kept, "web");
  const states = { "web/machine": resources[0]!.state! };
  expect(form.write("web", {}, states)).toEqual({ ...kept, AccessToken: "", APIToken: "", OtherPassword: "" });
  expect(form.write("web", {}, {})).toEqual({});
});

test("a plugin without secrets keeps none, and rubbish in the file does no harm", () => {
  const plain = dockerMachineForm("kvm.machine", (machine) => `${machine}/machine`, []);
  const { resources } = plain.read({ Token: "sesame", IPAddress: 7, SSHPort: "x" }, "web");
  expect(resources[0]!.state).toMatchObject({ host: "", port: 22, user: "", keyPath: "" });
  expect(JSON.parse(String(resources[0]!.state?.config)).Token).toBe("");
});

test("a secret is found at any depth; what is everybody's default, and a path, is none", () => {
  const { resources } = form.read({ SSHPassword: "tcuser", ApiKeyFile: "/k", Account: { Tokens: ["a", ""] } }, "web");
  expect(JSON.parse(String(resources[0]!.state?.config))).toEqual({
    ...{ SSHPassword: "tcuser", ApiKeyFile: "/k", Account: { Tokens: ["${secret:api-token}", ""] } },
  });
});
