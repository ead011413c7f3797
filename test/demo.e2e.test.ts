import { cpSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { unavailable } from "@machinist/lab";
import { afterAll, beforeAll, expect, test } from "vitest";
import { fileOfDebianPackage } from "../scripts/setup/apt.mjs";
import { Program } from "./bad-input/program.ts";
import { root } from "./repository/packages.ts";
import { describeUnless, testWhere } from "./skipped.ts";

/** Machines of this run alone, and no context in anybody's docker. */
const fleet = `demo-${process.pid}`;
/** Five changes are for the long run; before each commit there is time for the one that is known to have gone wrong. */
const isLong = process.env.MACHINIST_LONG !== undefined;
const inLongRun = "one of the changes of the long run";

const names = [`${fleet}-m-1`, `${fleet}-w-1`, `${fleet}-w-2`];

describeUnless(unavailable(), "the demo, changed again and again", () => {
  const program = new Program();
  const at = (name: string) => join(program.cwd, name);
  const run = (...args: string[]) => program.run(args, { env: { NSPAWN_IMAGE: "docker" } });
  const must = async (...args: string[]): Promise<string> => {
    const { exit, stdout, stderr } = await run(...args);
    expect(exit, `${args.join(" ")}: ${stdout}${stderr}`).toBe(0);
    return `${stdout}${stderr}`;
  };
  /** Puts other words in the place of some that have to be there. */
  const change = (name: string, ...changes: readonly (readonly [string, string])[]) => {
    let text = readFileSync(at(name), "utf8");
    for (const [from, to] of changes) {
      expect(text).toContain(from);
      text = text.replace(from, to);
    }
    writeFileSync(at(name), text);
  };
  let page = "";
  const addresses: string[] = [];
  const pages = async (port: number, path = "/") =>
    Promise.all(
      addresses.map(async (address) => {
        const answer = await fetch(`http://${address}:${port}${path}`).catch(() => undefined);
        return answer?.ok ? (await answer.text()).trim() : "";
      }),
    );
  /** Which change it was is what a failure begins with. */
  const changed = async (what: string) => {
    const began = performance.now();
    await must("up", "--yes");
    const plan = await run("plan", "--detailed-exitcode");
    expect(plan.exit, `${what}, and plan once more: ${plan.stdout}${plan.stderr}`).toBe(0);
    console.log(`${what}: up and plan took ${Math.round(performance.now() - began)} ms, and there is nothing to do`);
  };

  beforeAll(async () => {
    cpSync(join(root, "examples/demo"), program.cwd, { recursive: true });
    cpSync(await fileOfDebianPackage("busybox-static", "bin/busybox"), at("site/busybox"));
    change("machines.yaml", ["name: demo", `name: ${fleet}\ncontexts: false`]);
    change("machines.yaml", ["  manager:", `  ${fleet}-m:`], ["  worker:", `  ${fleet}-w:`]);
    await changed("as it is");
    page = readFileSync(at("site/www/compose/index.html"), "utf8").trim();
    for (const name of names) addresses.push((await must("ip", name)).trim());
  }, 1_200_000);
  afterAll(async () => {
    await run("down", "--yes");
    program.remove();
  });

  testWhere(isLong, inLongRun, "another page is served, and there is nothing left to do", async () => {
    // Each host builds the image again, under the name that tasks of the stack were made from.
    page = "another page";
    writeFileSync(at("site/www/compose/index.html"), `${page}\n`);
    await changed("another page");
    expect(await pages(8080)).toEqual(names.map(() => page));
    for (const page of await pages(8081)) expect(page).toMatch(/^Hello/);
  });

  testWhere(isLong, inLongRun, "other variables, a config and a secret arrive", async () => {
    writeFileSync(at("site/motd"), "first word");
    writeFileSync(at("site/token"), "first token");
    const more = (target: string) => `
    environment: { COLOUR: green }
    configs: [{ source: motd, target: ${target}/motd.html }]
    secrets: [{ source: token, target: ${target}/token.html }]
`;
    const sources = "configs: { motd: { file: ./motd } }\nsecrets: { token: { file: ./token } }\n";
    change("site/compose.yaml", [
      "    restart: unless-stopped\n",
      `    restart: unless-stopped${more("/www/compose")}`,
    ]);
    change("site/stack.yaml", ["    deploy:\n", `${more("/www/stack").slice(1)}    deploy:\n`]);
    for (const name of ["compose", "stack"])
      writeFileSync(at(`site/${name}.yaml`), readFileSync(at(`site/${name}.yaml`), "utf8") + sources);
    await changed("other variables");
    expect(await pages(8080, "/motd.html")).toEqual(names.map(() => "first word"));
    await expect.poll(() => pages(8081, "/motd.html")).toEqual(names.map(() => "first word"));
  });

  test("a path that is written otherwise makes services again, and nothing else", async () => {
    change("site/compose.yaml", ['"/www/compose"]', '"/www/compose/"]']);
    change("site/stack.yaml", ['"/www/stack"]', '"/www/stack/"]']);
    await changed("another path");
    expect(await pages(8080)).toEqual(names.map(() => page));
    await expect.poll(async () => (await pages(8081)).filter((page) => page.startsWith("Hello"))).toHaveLength(3);
  });

  testWhere(isLong, inLongRun, "another scale is reached", async () => {
    change("site/stack.yaml", ["replicas: 3", "replicas: 2"]);
    await changed("another scale");
    await expect.poll(async () => (await pages(8081)).filter((page) => page !== "")).toHaveLength(2);
  });

  testWhere(isLong, inLongRun, "another secret and another config arrive", async () => {
    writeFileSync(at("site/motd"), "second word");
    writeFileSync(at("site/token"), "second token");
    await changed("another secret and config");
    for (const [path, text] of [
      ["/motd.html", "second word"],
      ["/token.html", "second token"],
    ] as const) {
      expect(await pages(8080, path)).toEqual(names.map(() => text));
      await expect.poll(async () => (await pages(8081, path)).filter(Boolean)).toEqual([text, text]);
    }
  });
});
