import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { type LabHosts, startHosts, unavailable } from "@machinist/lab";
import { afterAll, beforeAll, expect, test } from "vitest";
import { fileOfDebianPackage } from "../scripts/setup/apt.mjs";
import { type Ended, Program } from "./bad-input/program.ts";
import { describeUnless } from "./skipped.ts";

/** Part of every secret here, and of nothing else. */
const CANARY = "cAnArY";

/** Lines of env files that compose reads, with what they hide. */
const readable = `PLAIN=${CANARY}1
QUOTED='m$${CANARY}$wor@d'
BCRYPT='$2b$10$${CANARY}'
ESCAPED="x\\t${CANARY}"
DOMAIN=${CANARY}.example.com
HOST=app.\${DOMAIN}
CERT="-----BEGIN-----
${CANARY}LINE
-----END-----"
MAPPED: ${CANARY}2
export SHELL_LIKE=${CANARY}3
`;

/** Those that it refuses, or that it takes for something else than was meant. */
const others: readonly (readonly [string, string | Uint8Array])[] = [
  ["dollar signs in a password", `P=m$${CANARY}pass$${CANARY}or@d\n`],
  ["a hash of bcrypt", `P=$2b$10$${CANARY}${CANARY}\n`],
  ["a key without quotes", `P=-----BEGIN\n${CANARY}+/=\n-----END\n`],
  ["a key of several lines in quotes", `P="-----BEGIN\n${CANARY}\n-----END"\n`],
  ["a name alone", `${CANARY}\n`],
  ["a name with a dash", `my-var=${CANARY}\n`],
  ["a name with a blank", `A B=${CANARY}\n`],
  ["a variable that nobody set", `P=\${${CANARY}UNDEF}\n`],
  ["a variable that must be set", `P=\${NOT_SET:?${CANARY}}\n`],
  ["a brace that is not closed", `P=\${${CANARY}\n`],
  ["a form that there is not", `P=a\${${CANARY}!x}b\n`],
  ["a quote that is not closed", `P="${CANARY}\n`],
  ["a single quote that is not closed", `P='${CANARY}\n`],
  ["a byte of Latin-1", Buffer.from(`P=${CANARY}\xe9\n`, "latin1")],
];

describeUnless(unavailable(), "secrets in every form of an env file", () => {
  const program = new Program();
  const outputs: { readonly what: string; readonly ended: Ended }[] = [];
  let lab: LabHosts;
  let machines = "";

  async function run(what: string, ...args: string[]): Promise<Ended> {
    const ended = await program.run(args);
    outputs.push({ what: `${what}: ${args.join(" ")}`, ended });
    return ended;
  }
  const compose = (text: string) => program.file("compose.yaml", text);
  const withProject = (more = "") =>
    program.file(
      "machines.yaml",
      `${machines}compose: [{ name: shop, file: compose.yaml, on: all, steady: 1 }]\n${more}`,
    );
  const sh = async (command: string) => {
    const { code, stderr } = await lab.hosts[0]!.exec("sh", "-c", command);
    expect(code, stderr).toBe(0);
  };

  beforeAll(async () => {
    lab = await startHosts({ count: 1, image: "docker" });
    const { address, identity } = lab.hosts[0]!;
    machines = `driver: generic
contexts: false
options: { ip-address: ${address}, ssh-key: ${identity}, trust-on-first-use: true }
machines: { web: { swarm: manager } }
`;
    program.file("machines.yaml", machines);
    await program.must(["up", "--yes"]);
    await sh("mkdir -p /root/box/bin");
    await program.must([
      "scp",
      await fileOfDebianPackage("busybox-static", "bin/busybox"),
      "web-1:/root/box/bin/busybox",
    ]);
    await sh("cd /root/box && chmod 755 bin/busybox && chroot . /bin/busybox --install -s /bin");
    await sh("tar -C /root/box -c . | docker import - box:latest");
  }, 600_000);
  afterAll(async () => {
    await lab?.dispose();
    program.remove();
  });

  test("come to a project and a stack, and to nothing that is printed or saved", async () => {
    program.file(".env", readable);
    program.file("own.env", readable);
    const used = ["PLAIN", "QUOTED", "BCRYPT", "ESCAPED", "HOST", "CERT", "MAPPED", "SHELL_LIKE"];
    const service = (more: string) =>
      `services: { app: { image: box, command: ["sleep", "1000000"], stop_grace_period: 0s, env_file: own.env${more} } }\n`;
    const environment = `, environment: { ${used.map((name) => `U_${name}: "\${${name}}"`).join(", ")} }`;
    compose(service(environment));
    // Stacks take these files as they stand, line by line.
    program.file("stack.env", `PLAIN=${CANARY}4\nQUOTED="${CANARY}"\n`);
    program.file("stack.yaml", service(environment).replace("own.env", "stack.env"));
    withProject("stacks: { site: { file: stack.yaml, steady: 1 } }\n");
    const plan = await run("readable", "plan");
    expect(plan.exit, plan.stdout + plan.stderr).toBe(0);
    const up = await run("readable", "-D", "up", "--yes");
    expect(up.exit, up.stdout + up.stderr).toBe(0);
    compose(service(`${environment}, labels: { again: "1" }`));
    const again = await run("readable", "up", "--yes", "--json");
    expect(again.exit, again.stdout + again.stderr).toBe(0);
    // They are where they are wanted.
    const inside = await lab.hosts[0]!.exec("docker", "exec", "shop-app-1", "env");
    for (const text of [`U_HOST=app.${CANARY}.example.com`, `U_QUOTED=m$${CANARY}$wor@d`, `U_MAPPED=${CANARY}2`])
      expect(inside.stdout).toContain(text);
    // A service that ends at once is told with what it wrote last, which is its own to keep to itself.
    compose(
      service(`${environment}, command: ["sh", "-c", "echo no; exit 1"]`).replace(
        'command: ["sleep", "1000000"], ',
        "",
      ),
    );
    expect((await run("one that ends", "-D", "up", "--yes")).exit).not.toBe(0);
    expectQuiet();
  });

  const app = (more: string) => `services: { app: { image: no-such-image, ${more} } }\n`;
  const uses = [
    ["of the project", ".env", app("labels: { p: '${P:-1}' }, pull_policy: never"), "project"],
    ["of a service", "own.env", app("env_file: own.env, pull_policy: never"), "project"],
    ["of a file that compose refuses", ".env", app("imag: '${P}'"), "project"],
    ["of a stack that is refused", ".env", app("labels: { p: '${P:-1}' }, imag: '${P}'"), "stack"],
    ["of a service of a stack", "own.env", app("env_file: own.env, imag: 1"), "stack"],
  ] as const;

  /** Each content in each use takes two hundred commands, for the long run; before each commit each comes once. */
  const contentsFor = (use: number) =>
    process.env.MACHINIST_LONG ? others : others.filter((_, index) => index % uses.length === use);

  test.each(uses)("are in nothing that is said of an env file %s", async (use, name, text, where) => {
    const usual = { ".env": "", "own.env": "" };
    for (const [what, content] of contentsFor(uses.findIndex(([each]) => each === use))) {
      for (const [file, empty] of Object.entries(usual)) program.file(file, empty);
      program.file(name, content);
      // None is ever pulled or started: what docker says until then is what this is about.
      compose(text);
      program.file("stack.yaml", text);
      if (where === "project") withProject();
      else program.file("machines.yaml", `${machines}stacks: { site: { file: stack.yaml, steady: 1 } }\n`);
      await run(what, "plan");
      await run(what, "-D", "up", "--yes", "--json");
    }
    expectQuiet();
  });

  test("are in nothing that is shown or kept of what was done", async () => {
    for (const args of [["events"], ["audit"], ["ls"], ["inspect", "web-1"], ["doctor"], ["metrics"]])
      await run("afterwards", ...args);
    expectQuiet();
    expect(outputs.length).toBeGreaterThan(2 * uses.flatMap((_, index) => contentsFor(index)).length);
    const files = readdirSync(program.store, { recursive: true, withFileTypes: true }).filter((each) => each.isFile());
    expect(files.length).toBeGreaterThan(3);
    const holders = files
      .map((each) => join(each.parentPath, each.name))
      .filter((path) => readFileSync(path, "latin1").includes(CANARY));
    expect(holders).toEqual([]);
    console.log(`${outputs.length} outputs and ${files.length} files of the store, and no secret in any`);
  });

  function expectQuiet(): void {
    const telling = outputs.flatMap(({ what, ended: { stdout, stderr } }) =>
      `${stdout}${stderr}`
        .split("\n")
        .filter((line) => line.includes(CANARY))
        .map((line) => `${what} → ${line}`),
    );
    expect(telling).toEqual([]);
    for (const { what, ended } of outputs) expect(`${ended.stdout}${ended.stderr}`, what).not.toContain("(internal)");
  }
});
