import { describe, expect, test } from "vitest";
import { dockerdFlags, withMore } from "../src/index.ts";

const refusal = (sentence: string, hint?: string) => new Error([sentence, hint].filter(Boolean).join("; "));
const flags = (...texts: string[]) => dockerdFlags(texts, refusal);

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
    [[], {}],
  ])("%j", (texts, spec) => {
    expect(flags(...texts)).toEqual(spec);
  });

  test.each([
    ["", /must be OPTION=VALUE, not ""/],
    ["=x", /must be/],
    ["Debug=true", /must be/],
    ["log-opt=x", /must be OPTION=VALUE, not "log-opt=x"/],
    ["label=x", /must be/],
    ["tlsverify=false", /tlsverify is set by machinist itself; Leave it out/],
    ["H=tcp://0.0.0.0:2375", /^H is set by machinist/],
    ["tlscert=/x", /set by machinist/],
    ["default-ulimit=nofile=1:2", /cannot be said by a flag; Write it into a manifest/],
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
