import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { ConfigError, configText, type MachineConfig, readConfig, zeroEngine, zeroSwarm } from "../src/index.ts";

const store = "/srv/machines";
const read = (config: unknown, name = "m1") => readConfig(JSON.stringify(config), name, store);

/** What docker-machine 0.16.2 wrote for `create --driver none`, with a store of its own. */
const written: MachineConfig = {
  ConfigVersion: 3,
  Driver: {
    ...{ IPAddress: "192.0.2.10", MachineName: "m1", SSHUser: "", SSHPort: 0, SSHKeyPath: "", StorePath: store },
    ...{ SwarmMaster: false, SwarmHost: "", SwarmDiscovery: "", URL: "tcp://192.0.2.10:2376" },
  },
  DriverName: "none",
  HostOptions: {
    ...{ Driver: "", Memory: 0, Disk: 0 },
    EngineOptions: {
      ...zeroEngine,
      ArbitraryFlags: ["log-driver=json-file"],
      ...{ Labels: ["tier=<front>"], InsecureRegistry: [], TlsVerify: true, InstallURL: "https://get.docker.com" },
    },
    SwarmOptions: { ...zeroSwarm, Host: "tcp://0.0.0.0:3376", Image: "swarm:latest", ArbitraryFlags: [] },
    AuthOptions: {
      ...{ CertDir: `${store}/certs`, CaCertPath: `${store}/certs/ca.pem` },
      ...{ CaPrivateKeyPath: `${store}/certs/ca-key.pem`, CaCertRemotePath: "" },
      ...{ ServerCertPath: `${store}/machines/m1/server.pem`, ServerKeyPath: `${store}/machines/m1/server-key.pem` },
      ...{ ClientKeyPath: `${store}/certs/key.pem`, ServerCertRemotePath: "", ServerKeyRemotePath: "" },
      ...{ ClientCertPath: `${store}/certs/cert.pem`, ServerCertSANs: ["m1.example"] },
      StorePath: `${store}/machines/m1`,
    },
  },
  Name: "m1",
};

describe("version 3", () => {
  test("is written as it was read, byte for byte, with four spaces and no newline at the end", () => {
    const text = JSON.stringify(written, undefined, 4).replace("<front>", "\\u003cfront\\u003e");
    expect(configText(readConfig(text, "m1", store))).toBe(text);
    expect(text).toMatch(/^\{\n {4}"ConfigVersion": 3,\n {4}"Driver": \{\n/);
    expect(text.endsWith("}")).toBe(true);
  });

  test("keeps what only the driver knows, and a null list apart from an empty one", () => {
    const Driver = { ...written.Driver, DropletID: 7, Deep: { list: [1, null], token: "s3cret" } };
    expect(read({ ...written, Driver }).Driver).toEqual(Driver);
    const { EngineOptions: engine } = read(written).HostOptions;
    expect([engine.InsecureRegistry, engine.RegistryMirror]).toEqual([[], null]);
  });

  test("lies in the store that it lies in, whatever it says itself", () => {
    expect(read({ ...written, Driver: { StorePath: "/etc" } }).Driver).toMatchObject({ StorePath: store, SSHPort: 0 });
  });

  test("has its folder's name where it names none", () => {
    expect(read({ ...written, Name: "" }, "box").Name).toBe("box");
    expect(read({ ...written, Name: 7 }, "box").Name).toBe("box");
  });

  test("without options, or with ones of the wrong type, has Go's zero values", () => {
    const { HostOptions: bare } = read({ ConfigVersion: 3 });
    expect(bare.EngineOptions).toEqual(zeroEngine);
    const wrong = {
      Memory: "much",
      EngineOptions: { Labels: "a=b", Ipv6: "yes" },
      SwarmOptions: [],
      AuthOptions: null,
    };
    expect(read({ ConfigVersion: 3, HostOptions: wrong })).toEqual(read({ ConfigVersion: 3 }));
  });
});

describe("older versions", () => {
  test("2: a CA's key had a shorter name", () => {
    const AuthOptions = { ...written.HostOptions.AuthOptions, CaPrivateKeyPath: undefined, PrivateKeyPath: "/ca/key" };
    const { HostOptions: now } = read({ ...written, ConfigVersion: 2, HostOptions: { AuthOptions } });
    expect(now.AuthOptions).toEqual({ ...written.HostOptions.AuthOptions, CaPrivateKeyPath: "/ca/key" });
  });

  test("1: the store stood where the machine's folder stands now", () => {
    const AuthOptions = { PrivateKeyPath: "/s/certs/ca-key.pem", StorePath: "/s/machines/m1", CertDir: "elsewhere" };
    expect(read({ ConfigVersion: 1, DriverName: "none", HostOptions: { AuthOptions } })).toMatchObject({
      ConfigVersion: 3,
      HostOptions: { AuthOptions: { CaPrivateKeyPath: "/s/certs/ca-key.pem", StorePath: "/s", CertDir: "/s/certs" } },
    });
  });

  test("0: all of it lay beside the driver", () => {
    const old = {
      ...{ DriverName: "virtualbox", Driver: { SSHPort: 2222, Boot2DockerURL: "" }, StorePath: "/s/machines/old" },
      ...{ CaCertPath: "/s/ca.pem", PrivateKeyPath: "/s/ca-key.pem", ServerCertPath: "/s/server.pem" },
      ...{ SwarmMaster: true, SwarmDiscovery: "token://1" },
    };
    const now = read(old, "old");
    expect(now).toMatchObject({ ConfigVersion: 3, Name: "old", DriverName: "virtualbox" });
    expect(now.Driver).toMatchObject({ SSHPort: 2222, Boot2DockerURL: "", StorePath: store });
    expect(now.HostOptions).toMatchObject({
      EngineOptions: { ...zeroEngine, TlsVerify: true, InstallURL: "https://get.docker.com" },
      SwarmOptions: { ...zeroSwarm, Master: true, Host: "tcp://0.0.0.0:3376", Discovery: "token://1" },
      AuthOptions: { CaCertPath: "/s/ca.pem", CaPrivateKeyPath: "/s/ca-key.pem", ServerCertPath: "/s/server.pem" },
    });
    expect(read({ ...old, SwarmHost: "tcp://h:1" }).HostOptions.SwarmOptions.Host).toBe("tcp://h:1");
  });
});

test("a version from the future is refused in docker-machine's words", () => {
  expect(() => read({ ...written, ConfigVersion: 4 })).toThrow(
    new ConfigError("config version is from the future -- you should upgrade your Docker Machine client"),
  );
});

test.each([
  ["[]", "array"],
  ["7", "number"],
  ['"x"', "string"],
  ["true", "bool"],
  ["null", "null"],
])("%s is no machine, in Go's words", (text, kind) => {
  expect(() => readConfig(text, "m1", store)).toThrow(
    new ConfigError(`json: cannot unmarshal ${kind} into Go value of type host.MetadataV0`),
  );
});

test("whatever lies there is a machine of version 3 that stays as it is, or a ConfigError", () => {
  const keys = [
    "ConfigVersion",
    "Driver",
    "DriverName",
    "HostOptions",
    "Name",
    "AuthOptions",
    "EngineOptions",
    "Labels",
  ];
  const { value } = fc.letrec<{ value: unknown }>((tie) => ({
    value: fc.oneof(
      { maxDepth: 4 },
      fc.jsonValue({ maxDepth: 1 }),
      fc.integer({ min: -1, max: 5 }),
      fc.array(tie("value"), { maxLength: 3 }),
      fc.dictionary(fc.constantFrom(...keys, "StorePath", "__proto__"), tie("value"), { maxKeys: 6 }),
    ),
  }));
  fc.assert(
    fc.property(value, (content) => {
      let config: MachineConfig;
      try {
        config = readConfig(JSON.stringify(content) ?? "", "m1", store);
      } catch (thrown) {
        expect(thrown).toBeInstanceOf(ConfigError);
        return;
      }
      expect(config.ConfigVersion).toBe(3);
      expect(config.Driver.StorePath).toBe(store);
      const text = configText(config);
      expect(configText(readConfig(text, "other", store))).toBe(text);
    }),
    { numRuns: 200 },
  );
});
