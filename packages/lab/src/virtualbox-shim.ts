import { chmodSync, mkdirSync, writeFileSync } from "node:fs";
import { createServer, type Server, type Socket } from "node:net";
import { join } from "node:path";
import { local } from "./execute.ts";
import { Guest, type GuestSpec } from "./virtualbox-guest.ts";

export interface Answer {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

const LOCKED = (uuid: string): string =>
  `VBoxManage: error: The machine '${uuid}' is already locked for a session (or being unlocked)
VBoxManage: error: Details: code VBOX_E_INVALID_OBJECT_STATE (0x80bb0007), component MachineWrap, interface IMachine`;

/**
 * The program that stands before the real VBoxManage. It passes on what it is asked, except where the kernel driver would
 * be needed: starting and controlling, which this process does, and the state line of a machine that runs.
 */
function shimScript(folder: string, manage: readonly string[]): string {
  const words = manage.map((word) => `'${word.replaceAll("'", "'\\''")}'`).join(" ");
  return `#!/bin/sh
guest='${folder}/guests'/$2/state
state=
[ ! -e "$guest" ] || read -r state < "$guest"
[ ! -e '${folder}/broken' ] || { echo 'VBoxManage: error: The object is not ready' >&2; exit 1; }
case $1,$state in
  startvm,* | controlvm,*)
    reply=$(mktemp -d '${folder}/reply.XXXXXX')
    '${process.execPath}' '${folder}/ask.mjs' "$reply" "$@" || exit
    cat "$reply/stdout"
    cat "$reply/stderr" >&2
    read -r code < "$reply/code"
    rm -r "$reply"
    exit "$code" ;;
  showvminfo,?*)
    said=$(${words} "$@") || exit
    printf '%s\\n' "$said" | sed "s/^VMState=.*/VMState=\\"$state\\"/"
    exit ;;
  discardstate,*saved) exec rm "$guest" ;;
  modifyvm,running | modifyvm,paused | unregistervm,running | unregistervm,paused | storage*,running | storage*,paused)
    printf '%s\\n' "${LOCKED("$2")}" >&2
    exit 1 ;;
  unregistervm,*) rm -rf '${folder}/guests'/"$2" ;;
esac
exec ${words} "$@"
`;
}

/** It waits until the answer is in its folder. */
const askScript = (socket: string): string => `import { connect } from "node:net";
connect(${JSON.stringify(socket)}).resume().write(JSON.stringify(process.argv.slice(2)) + "\\n");
`;

/** Answers the shim for as long as it is open. */
export class Shim {
  readonly program: string;
  readonly guests = new Map<string, Guest>();
  readonly #folder: string;
  readonly #manage: readonly string[];
  readonly #server: Server;

  constructor(folder: string, manage: readonly string[]) {
    this.#folder = folder;
    this.#manage = manage;
    mkdirSync(join(folder, "guests"), { recursive: true });
    this.program = join(folder, "VBoxManage");
    const socket = join(folder, "ask");
    writeFileSync(this.program, shimScript(folder, manage));
    writeFileSync(join(folder, "ask.mjs"), askScript(socket));
    chmodSync(this.program, 0o755);
    this.#server = createServer((asker) => this.#serve(asker)).listen(socket);
    // It must not keep a test run from ending.
    this.#server.unref();
  }

  async close(): Promise<void> {
    await Promise.all([...this.guests.values()].map((guest) => guest.kill()));
    await new Promise<void>((resolve) => this.#server.close(() => resolve()));
  }

  #serve(asker: Socket): void {
    let text = "";
    asker.on("error", () => {});
    asker.setEncoding("utf8").on("data", async (piece: string) => {
      text += piece;
      if (!text.endsWith("\n")) return;
      const [reply = "", ...argv] = JSON.parse(text) as string[];
      const answer = await this.#answer(argv).catch((thrown: Error) => refused(thrown.message));
      for (const [name, content] of Object.entries(answer))
        writeFileSync(join(reply, name), `${content}${name === "code" ? "\n" : ""}`);
      asker.end();
    });
  }

  async #answer([command, uuid = "", action = ""]: string[]): Promise<Answer> {
    const said = await local([...this.#manage, "showvminfo", uuid, "--machinereadable"]);
    if (said.code !== 0) return said;
    const guest = this.guests.get(uuid) ?? new Guest(join(this.#folder, "guests", uuid));
    this.guests.set(uuid, guest);
    if (command === "startvm") {
      if (guest.runs) return refused(LOCKED(uuid));
      await guest.start(await this.#spec(uuid, said.stdout));
      return { code: 0, stdout: `VM "${uuid}" has been successfully started.\n`, stderr: "" };
    }
    if (!guest.runs) return refused(`Machine '${uuid}' is not currently running.`);
    await guest.control(action);
    return { code: 0, stdout: "", stderr: "" };
  }

  /** Everything is read from VirtualBox: what was not set there is not in the machine that runs. */
  async #spec(uuid: string, text: string): Promise<GuestSpec> {
    const value = (key: string): string => new RegExp(`^"?${key}"?="?([^"\\n]*)"?$`, "m").exec(text)?.[1] ?? "";
    const disk = value("SATA-0-0");
    const medium = await this.#medium(disk);
    // What lies between the disk and the first of its chain is empty, as the disk itself is.
    let base = await this.#medium(medium("Parent UUID"));
    while (base("Parent UUID") !== "base") base = await this.#medium(base("Parent UUID"));
    const disc = value("SATA-1-0");
    return {
      uuid,
      memory: Number(value("memory")),
      cpus: Number(value("cpus")),
      disk,
      base: base("Location"),
      size: Number(/^(\d+) MBytes/.exec(medium("Capacity"))?.[1]) * 2 ** 20,
      disc: disc.endsWith(".iso") ? disc : undefined,
      mac: value("macaddress1"),
      forwards: [...text.matchAll(/^Forwarding\(\d+\)="[^,]*,tcp,127\.0\.0\.1,(\d+),,(\d+)"$/gm)].map(
        ([, hostPort = "", guestPort = ""]) => ({ hostPort, guestPort }),
      ),
      consoleLog: value("uartmode1").replace(/^file,/, ""),
    };
  }

  async #medium(name: string): Promise<(key: string) => string> {
    const { code, stdout, stderr } = await local([...this.#manage, "showmediuminfo", "disk", name]);
    if (code !== 0) throw new Error(`${name}: ${stderr}`);
    return (key) => new RegExp(`^${key}: +(.*)$`, "m").exec(stdout)?.[1] ?? "";
  }
}

const refused = (words: string): Answer => ({
  code: 1,
  stdout: "",
  stderr: `${words.startsWith("VBoxManage") ? "" : "VBoxManage: error: "}${words}\n`,
});
