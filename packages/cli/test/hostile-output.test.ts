import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { PassThrough } from "node:stream";
import { type Data, type DriverModule, MachinistError } from "@machinist/core";
import simulated from "@machinist/driver-simulated";
import { openMachinist } from "@machinist/fleet";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { outOf } from "../src/io.ts";
import { fakeMachinist, info } from "./fake-machinist.ts";
import { type Ran, run } from "./world.ts";

/** Sets the window's title, clears the screen, hides what follows, turns the line around, in seven and in eight bits. */
const evil = "\x1b]0;owned\x07\x1b[2J\x1b[8m\x9b2J\u202ereversed\x08\x07";
/** All that a terminal may be told: line breaks, tabs, and our own colours. */
const acting = /(?!\x1b\[(?:[0-79]|[1-9]\d)(?:;\d+)*m)[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e]/;

/** A driver all of whose words are hostile. */
const hostile: DriverModule = {
  ...simulated,
  description: `A driver ${evil}.`,
  options: {
    ...simulated.options,
    properties: {
      ...simulated.options.properties,
      size: {
        type: "string",
        description: `Size ${evil}`,
        default: `small${evil}`,
        "x-env": `SIZE${evil}`,
        "x-group": `Looks ${evil}`,
      },
    },
  },
  create(context) {
    const driver = simulated.create(context);
    const machine = driver.resourceTypes["simulated.machine"]!;
    return {
      ...driver,
      resourceTypes: {
        ...driver.resourceTypes,
        "simulated.machine": {
          ...machine,
          async create(call) {
            call.log(`log ${evil}`, "warn");
            call.step(`step ${evil}`, "applied");
            call.progress(1, 2, `unit ${evil}`);
            if ((call.props as { image?: string }).image === "broken")
              throw new MachinistError("simulated.refused", `refused ${evil}\nmore ${evil}`, { hint: `hint ${evil}` });
            return { ...(await machine.create(call)), word: evil } as Data;
          },
          ready: (state, props) => (machine.ready?.(state, props) === true ? true : `it ${evil}`),
        },
      },
      endpoint: () => ({ host: `192.0.2.7${evil}`, port: 22, user: "root" }),
      engineUrl: () => `tcp://192.0.2.7${evil}:2376`,
      status: async () => `running${evil}` as never,
      price: async () => ({ hourly: 1, currency: `X${evil}`, source: evil, asOf: evil }),
    };
  },
};

let top: string;
beforeAll(() => {
  top = mkdtempSync(join(tmpdir(), "machinist-hostile-output-"));
});
afterAll(() => rmSync(top, { recursive: true, force: true }));

const machinist = (...argv: string[]) => ({
  on: (columns?: number): Promise<Ran> =>
    run(argv, {
      ...(columns === undefined ? {} : { columns, env: { TERM: "xterm" } }),
      now: Date.now(),
      services: {
        open: (options) => openMachinist({ ...options, storagePath: top, env: { HOME: top }, drivers: [hostile] }),
      },
    }),
});

describe("what a hostile driver says", () => {
  test.each([
    ["create", "-d", "simulated", "--help"],
    ["create", "-d", "simulated", "--simulated-boot-ms", "1", "--progress", "plain", "web"],
    ["create", "-d", "simulated", "--simulated-image", "broken", "--progress", "plain", "bad"],
    ["create", "-d", "simulated", "--simulated-image", "broken", "--debug", "--progress", "plain", "bad"],
    ["ls"],
    ["url", "web"],
    ["ip", "web"],
    ["env", "web"],
    ["config", "web"],
    ["status", "web"],
    ["inspect", "web"],
    ["inspect", "-f", "resources", "web"],
    ["inspect", "-f", "options.size", "web"],
    ["events", "-n", "1000"],
    ["audit"],
    ["doctor"],
    ["driver", "ls"],
  ])("commands no terminal: %s %s", async (...argv) => {
    const { stdout, stderr } = await machinist(...argv).on(120);
    expect(`${stdout}${stderr}`).not.toMatch(acting);
  });

  test("commands none through the picture of a run either, which moves the cursor itself", async () => {
    const { stdout } = await machinist(
      "create",
      "-d",
      "simulated",
      "--simulated-boot-ms",
      "1",
      "--progress",
      "live",
      "live",
    ).on(120);
    expect(stdout.replace(/\x1b\[\?25[lh]|\x1b\[\d*A\r|\x1b\[J/g, "")).not.toMatch(acting);
  });

  test.each([["inspect"], ["ls"], ["status"], ["events"], ["driver", "ls"]])(
    "%s --json loses nothing, and shows a terminal nothing that acts",
    async (...words) => {
      const names = ["inspect", "status"].includes(words[0]!) ? ["web"] : [];
      const { stdout } = await machinist(...words, ...names, "--json").on(120);
      expect(stdout).not.toMatch(acting);
      const values = words[0] === "events" ? stdout.trim().split("\n") : [stdout];
      for (const value of values) JSON.parse(value);
    },
  );

  test("a value that a program reads is that value, and a person sees what can be shown of it", async () => {
    const piped = await machinist("inspect", "-f", "options.size", "web").on();
    expect(piped.stdout).toBe(`small${evil}\n`);
    expect(JSON.parse((await machinist("inspect", "web").on()).stdout)).toMatchObject({
      options: { size: `small${evil}` },
    });
    const shown = await machinist("inspect", "-f", "options.size", "web").on(120);
    expect(shown.stdout).toBe("small2Jreversed\n");
  });
});

test.each(["sh", "fish", "cmd", "powershell", "tcsh", "emacs"])(
  "%s is given no value with a line break",
  async (shell) => {
    const certPath = "/store\n touch /tmp/owned";
    const connect = async () => ({ machine: "db", url: "tcp://h:2376", certPath, tls: true });
    const { machinist } = fakeMachinist({ machines: [info("db")], overrides: { connection: connect } });
    const { code, stdout, stderr } = await run(["env", "--shell", shell, "db"], { machinist });
    expect({ code, stdout }).toEqual({ code: 1, stdout: "" });
    expect(stderr).toContain("(env.value)");
  },
);

test("cmd cannot keep a quote from ending a value", async () => {
  const connect = async () => ({ machine: "db", url: "tcp://h:2376", certPath: 'C:\\a" & calc & "', tls: true });
  const { machinist } = fakeMachinist({ machines: [info("db")], overrides: { connection: connect } });
  expect((await run(["env", "--shell", "cmd", "db"], { machinist })).code).toBe(1);
});

test("this process's own streams show as little", () => {
  const stream = new PassThrough();
  const out = outOf(stream as unknown as NodeJS.WriteStream);
  out.write(`\x1b[1mbold\x1b[22m ${evil}\n`);
  expect(stream.read().toString()).toBe("\x1b[1mbold\x1b[22m 2Jreversed\n");
  out.raw(evil);
  expect(stream.read().toString()).toBe(evil);
});
