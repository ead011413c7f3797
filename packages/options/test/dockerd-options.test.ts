import { describe, expect, test } from "vitest";
import { dockerdFlags, withMore } from "../src/index.ts";

const refusal = (sentence: string, hint?: string) => new Error([sentence, hint].filter(Boolean).join("; "));
const flags = (...texts: string[]) => dockerdFlags(texts, refusal);

const ulimits = {
  nofile: { Name: "nofile", Soft: 1024, Hard: 2048 },
  core: { Name: "core", Soft: -1, Hard: -1 },
};
const pool = { base: "10.9.0.0/16", size: 24 };

describe("dockerd's flags", () => {
  test.each([
    [["dns=8.8.8.8", "--dns=1.1.1.1"], { dns: ["8.8.8.8", "1.1.1.1"] }],
    [["log-driver=journald"], { logDriver: "journald" }],
    [["log-opt=max-size=10m", "log-opt=max-file=3"], { logOptions: { "max-size": "10m", "max-file": "3" } }],
    [["storage-driver=overlay2"], { storageDriver: "overlay2" }],
    [["s=overlay2"], { storageDriver: "overlay2" }],
    [["label=a=b=c", "label=d="], { labels: { a: "b=c", d: "" } }],
    [["insecure-registry=reg:5000"], { insecureRegistries: ["reg:5000"] }],
    [["registry-mirror=https://m.example"], { registryMirrors: ["https://m.example"] }],
    [["debug", "mtu=1400"], { options: { debug: true, mtu: 1400 } }],
    [["D=true", "l=debug", "graph=/srv"], { options: { debug: true, "log-level": "debug", "data-root": "/srv" } }],
    [["exec-opt=a=b", "exec-opt=c=d"], { options: { "exec-opts": ["a=b", "c=d"] } }],
    [["tlsverify", "tls=true", "H=unix:///var/run/docker.sock"], {}],
    [["host=unix://", "H=tcp://0.0.0.0:2376", "host=fd://", "config-file=/etc/docker/daemon.json"], {}],
    [["not-known-yet"], { options: { "not-known-yet": true } }],
    [["default-ulimit=nofile=1024:2048", "default-ulimit=core=-1"], { options: { "default-ulimits": ulimits } }],
    [["default-address-pool=base=10.9.0.0/16,size=24"], { options: { "default-address-pools": [pool] } }],
    [["add-runtime=mine=/usr/bin/mine"], { options: { runtimes: { mine: { path: "/usr/bin/mine" } } } }],
    [["default-network-opt=bridge=a.b=1400"], { options: { "default-network-opts": { bridge: { "a.b": "1400" } } } }],
    [
      ["http-proxy=http://p:1", "no-proxy=a,b"],
      { options: { proxies: { "http-proxy": "http://p:1", "no-proxy": "a,b" } } },
    ],
    [["bridge=1", "group=999"], { options: { bridge: "1", group: "999" } }],
    [["cdi-spec-dir=/a", "cdi-spec-dir=/b"], { options: { "cdi-spec-dirs": ["/a", "/b"] } }],
    [["log-opt=tag"], { logOptions: { tag: "" } }],
    [[], {}],
  ])("%j", (texts, spec) => {
    expect(flags(...texts)).toEqual(spec);
  });

  test.each([
    ["", /must be OPTION=VALUE, not ""/],
    ["=x", /must be/],
    ["Debug=true", /must be/],
    ["label=x", /must be/],
    ["tlsverify=false", /tlsverify is set by machinist itself; Leave it out/],
    ["H=tcp://0.0.0.0:2375", /^H is set by machinist/],
    ["validate", /does not run Docker/],
    ["tlscert=/x", /set by machinist/],
    ["default-ulimit=nofile", /must be/],
    ["default-ulimit=nofile=x", /must be/],
    ["add-runtime=mine", /must be/],
  ])("%j is refused", (text, told) => {
    expect(() => flags(text)).toThrow(told);
  });

  test("what other flags say beside them is added", () => {
    const spec = flags("label=a=1", "dns=1.1.1.1", "storage-driver=vfs");
    expect(withMore(spec, { labels: { b: "2" }, storageDriver: "overlay2", sans: ["x"] })).toEqual({
      ...{ labels: { a: "1", b: "2" }, dns: ["1.1.1.1"], storageDriver: "overlay2", sans: ["x"] },
    });
  });
});
