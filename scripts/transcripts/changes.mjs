import { cpSync, mkdirSync, readFileSync, symlinkSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { imageCache } from "@machinist/lab";
import { withProgram } from "../real/program.mjs";
import { fileOfDebianPackage } from "../setup/apt.mjs";
import { root, say } from "../setup/clone.mjs";
import { Terminal } from "./terminal.mjs";

/** The demo, and what its users do to it afterwards: here, in its containers and by hand on its hosts. */
export async function demoChanges() {
  await onHosts(async (terminal, put) => {
    put("machines.yaml", (text) =>
      text
        .replace("name: demo", `name: demo${terminal.own}\ncontexts: false`)
        .replace("  manager:", `  m${terminal.own}:`)
        .replace("  worker:", `  w${terminal.own}:`),
    );
    const manager = `m${terminal.own}-1`;
    await terminal.machinist("up");
    await terminal.machinist("plan");

    terminal.note(
      "A path is written otherwise: new tasks, and the image of both bears the labels of the compose project.",
    );
    await terminal.sh("sed -i s#/www/stack#/www/stack/# site/stack.yaml");
    await terminal.machinist("up");
    await new Promise((resolve) => setTimeout(resolve, 40_000));
    await terminal.machinist("plan");

    terminal.note("The other way round: the project's own container goes, and tasks of the same image stay.");
    await terminal.machinist(`ssh ${manager} docker rm -f site-hello-1`);
    await terminal.machinist("plan");
    await terminal.machinist("up");

    await keptData(terminal, put, manager);
    await ofTheSwarm(terminal, put, manager);
  });
}

/**
 * @param {Terminal} terminal
 * @param {Put} put
 * @param {string} manager
 */
async function keptData(terminal, put, manager) {
  terminal.note("A project whose container writes to a file that was carried, and that mounts a secret.");
  put("app/compose.yaml", () => app("1"));
  put("app/acme.json", () => "");
  put("app/token", () => "first\n");
  put("machines.yaml", (text) =>
    text.replace("stacks:", `  - { file: app/compose.yaml, on: ${manager}, steady: 2 }\nstacks:`),
  );
  await terminal.sh("cat app/compose.yaml");
  await terminal.machinist("up");
  await terminal.sh(
    "sed -i s/version:.1/version:\\ 2/ app/compose.yaml; echo mine > app/acme.json; echo second > app/token",
  );
  await terminal.machinist("plan");
  await terminal.machinist("up");
  for (const file of ["acme.json", "run/secrets/token"])
    await terminal.machinist(`ssh ${manager} docker exec app-app-1 /bin/busybox cat /${file}`);
  await terminal.machinist("plan");

  terminal.note("Mine after all, this once.");
  await terminal.machinist("plan --overwrite-data app");
  await terminal.machinist("up --overwrite-data app", { code: 2 });
  await terminal.machinist("up --overwrite-data app --yes");
  await terminal.machinist(`ssh ${manager} docker exec app-app-1 /bin/busybox cat /acme.json`);
  await terminal.machinist("plan");
}

/** @param {string} version */
const app = (version) => `services:
  app:
    image: machinist-demo:1
    entrypoint: ["/bin/busybox", "sh", "-c", "test -s /acme.json || echo issued > /acme.json; sleep 1000"]
    volumes: ["./acme.json:/acme.json"]
    secrets: [token]
    labels: { version: ${version} }
    stop_grace_period: 0s
secrets: { token: { file: ./token } }
`;

/**
 * @param {Terminal} terminal
 * @param {Put} put
 * @param {string} manager
 */
async function ofTheSwarm(terminal, put, manager) {
  terminal.note("A config of the stack, and another content of it: a config of a Swarm never changes.");
  put("motd", () => "first word\n");
  put(
    "site/stack.yaml",
    (text) =>
      `${text.replace("    deploy:\n", "    configs: [motd]\n    deploy:\n")}configs: { motd: { file: ../motd } }\n`,
  );
  await terminal.machinist("up");
  await terminal.machinist(`ssh ${manager} docker config ls --format {{.Name}} --filter name=web_`);
  await terminal.sh("echo second word > motd");
  await terminal.machinist("up");
  await terminal.machinist(`ssh ${manager} docker config ls --format {{.Name}} --filter name=web_`);

  terminal.note("By hand on the Swarm.");
  await terminal.machinist(`ssh ${manager} docker service scale -d web_web=0`);
  await terminal.machinist("plan");
  await terminal.machinist("up");

  terminal.note("An update that Swarm takes back.");
  put("site/stack.yaml", (text) =>
    text
      .replace(
        "      replicas: 3\n",
        "      replicas: 3\n      update_config: { failure_action: rollback, monitor: 5s }\n",
      )
      .replace('["-h", "/www/stack/"]', '["-h", "/nowhere"]'),
  );
  await terminal.machinist("up", { code: 1 });
  await terminal.machinist("plan");
}

/** A service that ends again and again: told when it is begun, and when it comes later. */
export async function crashLoop() {
  await onHosts(async (terminal, put) => {
    const machine = `m${terminal.own}`;
    put("machines.yaml", () => manifest(machine));
    put("site/compose.yaml", (text) =>
      text.replace(
        / {4}command:.*\n/,
        '    entrypoint: ["/bin/busybox", "sh", "-c", "echo no database; sleep 3; exit 1"]\n',
      ),
    );
    await terminal.sh("cat machines.yaml site/compose.yaml");
    await terminal.machinist("up", { code: 1 });
    await terminal.machinist("plan");

    terminal.note("It lasts longer than `up` looks on, and crashes afterwards.");
    await terminal.sh("sed -i s/sleep.3/sleep\\ 25/ site/compose.yaml");
    await terminal.machinist("up");
    await terminal.untilSays("plan", "has crashed");

    terminal.note("It lasts.");
    await terminal.sh("sed -i s/sleep.25/sleep\\ 10000/ site/compose.yaml");
    await terminal.machinist("up");
    await terminal.machinist("plan");
  });
}

/** @param {string} machine */
const manifest = (machine) => `name: loop
driver: nspawn
contexts: false
machines:
  ${machine}: {}
compose:
  - { file: site/compose.yaml, on: ${machine} }
`;

/** @typedef {(name: string, change: (text: string) => string) => void} Put */

/**
 * The demo's files in a folder of their own, and hosts that have Docker already.
 * @param {(terminal: Terminal, put: Put) => Promise<void>} work
 */
async function onHosts(work) {
  await withProgram(async (program) => {
    cpSync(join(root, "examples/demo"), program.folder, { recursive: true });
    cpSync(await fileOfDebianPackage("busybox-static", "bin/busybox"), join(program.folder, "site/busybox"));
    // Images are built once for all that is tried on this computer.
    mkdirSync(join(program.store, "cache"), { recursive: true, mode: 0o700 });
    symlinkSync(join(imageCache(), "nspawn"), join(program.store, "cache/nspawn"));
    program.more = { NSPAWN_IMAGE: "docker" };
    program.cwd = program.folder;
    await work(new Terminal(program, `-${process.pid}`), (name, change) => {
      const file = join(program.folder, name);
      mkdirSync(dirname(file), { recursive: true });
      writeFileSync(file, change(readIfThere(file)));
    });
    await program.must("down", "--yes");
    say("Everything is removed.");
  });
}

/** @param {string} file */
function readIfThere(file) {
  try {
    return readFileSync(file, "utf8");
  } catch {
    return "";
  }
}
