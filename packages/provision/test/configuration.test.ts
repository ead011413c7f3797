import { spawnSync } from "node:child_process";
import { same } from "@machinist/core";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { merge, unmerge, writeDaemonJson } from "../src/config/daemon-json.ts";
import { bundle } from "../src/config/entry.ts";
import { environmentText } from "../src/config/environment-file.ts";
import { environmentIn } from "../src/config/exec-line.ts";
import { readMarker } from "../src/config/marker.ts";
import { openrcBlock, openrcBlockOf, withOpenrcBlock } from "../src/config/openrc.ts";
import { actionFor } from "../src/config/reload.ts";
import { dropIn } from "../src/config/systemd-unit.ts";
import { engineProps } from "../src/index.ts";

const context = { machine: "m1", driver: "generic" };
const unit = { baseExec: "", dockerd: "/usr/bin/dockerd", address: "192.0.2.1" };

describe("the drop-in", () => {
  test("keeps the line that is in force, adds what opens the TLS socket, and names no variable's value", () => {
    const baseExec = `/usr/bin/dockerd -H fd:// --label "a  b" --containerd=/c.sock $OPTS`;
    const text = dropIn(engineProps({ env: { P: "secret" } }, context), { ...unit, baseExec, address: "2001:db8::1" });
    expect(text).toContain(`ExecStart=\nExecStart=${baseExec} -H tcp://[::]:2376 --tlsverify`);
    expect(text).toContain("\nEnvironmentFile=-/etc/docker/machinist.env\n");
    expect(text).not.toContain("secret");
    expect(dropIn(engineProps({ port: 4000 }, context), unit)).toContain(
      "ExecStart=/usr/bin/dockerd -H unix:///var/run/docker.sock -H tcp://0.0.0.0:4000 --tlsverify",
    );
  });
});

describe("the environment's file", () => {
  const value = fc.string({ unit: "grapheme" }).filter((text) => !/[\p{Cc}\uD800-\uDFFF]/u.test(text));

  test("any value is read back by a shell as it was, and by us", () => {
    fc.assert(
      fc.property(value, (text) => {
        const file = environmentText(engineProps({ env: { A: text } }, context)) ?? "";
        expect(environmentIn(file)).toEqual({ A: text });
        const { stdout } = spawnSync("sh", ["-c", 'eval "$1"; printf %s "$A"', "sh", file], { encoding: "utf8" });
        expect(stdout).toBe(text);
      }),
      { numRuns: 40 },
    );
  });

  test.each(["a\nExecStart=/bin/sh", "a\rb", "a\0b", "\x1b[0m"])("%j cannot be a variable's value", (text) => {
    expect(() => engineProps({ env: { A: text } }, context)).toThrowError(
      expect.objectContaining({ code: "provision.options" }),
    );
  });
});

describe("OpenRC's settings", () => {
  test("hold one block of ours, whatever else is there", () => {
    const block = openrcBlock(engineProps({ env: { A: "it's $x" } }, context), "192.0.2.1");
    expect(block).toContain(". /etc/docker/machinist.env;");
    expect(block).not.toContain("it's");
    const once = withOpenrcBlock('DOCKER_OPTS="--debug"', block);
    expect(once).toBe(`DOCKER_OPTS="--debug"\n${block}`);
    expect(withOpenrcBlock(once, block)).toBe(once);
    expect(openrcBlockOf(once)).toBe(block);
    expect(withOpenrcBlock(once, undefined)).toBe('DOCKER_OPTS="--debug"\n');
  });
});

describe("daemon.json", () => {
  const key = fc.constantFrom("dns", "debug", "mtu", "log-driver", "bip");
  const value = fc.oneof(fc.boolean(), fc.integer(), fc.string(), fc.array(fc.string(), { maxLength: 2 }));
  const data = fc.dictionary(key, value);
  const label = fc.tuple(fc.constantFrom("a", "b", "c"), fc.constantFrom("1", "2")).map((pair) => pair.join("="));
  const labels = fc.uniqueArray(label, { selector: (text) => text[0] });

  test("merging twice is merging once, and taking back gives what the user had", () => {
    fc.assert(
      fc.property(data, labels, data, labels, data, labels, (user, theirs, first, one, second, two) => {
        const start = theirs.length > 0 ? { ...user, labels: theirs } : user;
        const made = merge(start, first, one);
        expect(merge(made.daemon, first, one, made.owned).changed).toEqual([]);
        for (const [name, wanted] of Object.entries(first)) expect(made.daemon[name]).toEqual(wanted);
        for (const name of Object.keys(user)) expect(made.daemon).toHaveProperty([name]);
        const next = merge(made.daemon, second, two, made.owned);
        const back = unmerge(next.daemon, next.owned).daemon;
        const { labels: _, ...rest } = back;
        expect(same(rest, user)).toBe(true);
        // A label whose place ours took is gone; all others are back.
        const taken = new Set([...one, ...two].map((text) => text[0]));
        expect(back.labels ?? []).toEqual(theirs.filter((text) => !taken.has(text[0]!)));
      }),
    );
  });

  test("a key the user added later stays when ours go", () => {
    const made = merge({}, { dns: ["x"] }, []);
    const later = { ...made.daemon, mtu: 1400 };
    expect(unmerge(later, made.owned).daemon).toEqual({ mtu: 1400 });
    expect(writeDaemonJson(unmerge(made.daemon, made.owned).daemon)).toBeUndefined();
  });
});

test("a key taken out needs a restart, a reloadable one that is set does not", () => {
  expect(actionFor([], {})).toBe("none");
  expect(actionFor(["labels"], { labels: [] })).toBe("reload");
  expect(actionFor(["registry-mirrors"], {})).toBe("restart");
  expect(actionFor(["labels", "bip"], { labels: [], bip: "" })).toBe("restart");
});

test("a bundle carries any content, a line each", () => {
  const text = bundle([
    { kind: "file", path: "/a", mode: "600", content: "x\ny\n" },
    { kind: "remove", path: "/b" },
  ]);
  expect(text).toBe("file /a 600 eAp5Cg==\nremove /b 644\nend\n");
});

test("only a marker of ours is one", () => {
  expect(readMarker(undefined)).toBeUndefined();
  expect(readMarker("{")).toBeUndefined();
  expect(readMarker("null")).toBeUndefined();
  expect(readMarker('{"owner":"o","machine":"m"}')).toEqual({
    version: 1,
    owner: "o",
    machine: "m",
    keys: {},
    labels: [],
  });
});

describe("props", () => {
  test("are plain, sorted and complete", () => {
    const props = engineProps(
      { labels: { z: "1", a: "2" }, sans: ["DB.example", "2001:db8:0::1"], options: { mtu: 1400 } },
      { ...context, address: "192.0.2.7" },
    );
    expect(props).toEqual({
      ...{ machine: "m1", driver: "generic", install: "auto", port: 2376, hostname: true, env: {} },
      labels: { a: "2", provider: "generic", z: "1" },
      sans: ["db.example", "2001:db8::1", "192.0.2.7", "m1", "localhost", "127.0.0.1"],
      options: { mtu: 1400 },
    });
    expect(JSON.parse(JSON.stringify(props))).toEqual(props);
    expect(engineProps({ labels: { provider: "mine" } }, context).labels).toEqual({ provider: "mine" });
  });

  test.each([
    [{ port: 0 }],
    [{ port: 2376.5 }],
    [{ install: "http://get.docker.com" }],
    [{ install: "https://user:pw@example.org/x" }],
    [{ install: "; rm -rf /" }],
    [{ version: "28; reboot" }],
    [{ sans: ["a b"] }],
    [{ labels: { "a=b": "c" } }],
    [{ labels: { a: "b\nc" } }],
    [{ env: { "A-B": "c" } }],
    [{ dns: ["1.1.1.1 2.2.2.2"] }],
    [{ options: { hosts: [] } }],
    [{ options: { tlsverify: true } }],
    [{ options: { "log-driver": "x" } }],
  ])("refuse %j", (spec) => {
    expect(() => engineProps(spec, context)).toThrowError(
      expect.objectContaining({ code: "provision.options", hint: expect.stringMatching(/\S/) }),
    );
  });
});
