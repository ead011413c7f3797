import { type ChildProcess, spawn } from "node:child_process";
import { existsSync, mkdirSync, rmSync, writeFileSync } from "node:fs";
import { open } from "node:fs/promises";
import { connect } from "node:net";
import { join } from "node:path";
import { local } from "./execute.ts";

/** Long enough for a busy computer. */
const START_MS = 60_000;

/** What QEMU needs to know of a machine, as VirtualBox has it. */
export interface GuestSpec {
  readonly uuid: string;
  readonly memory: number;
  readonly cpus: number;
  readonly disk: string;
  /** The disk that `disk` is a difference to. */
  readonly base: string;
  /** Bytes. */
  readonly size: number;
  readonly disc: string | undefined;
  readonly mac: string;
  readonly forwards: readonly { readonly hostPort: string; readonly guestPort: string }[];
  readonly consoleLog: string;
}

export type GuestState = "running" | "paused" | "saved" | "aborted";

/**
 * One machine's processor and memory, which VirtualBox cannot give without its kernel driver. `folder/state` holds what
 * VirtualBox would call its state; without that file VirtualBox itself is asked.
 */
export class Guest {
  readonly #folder: string;
  #process: ChildProcess | undefined;
  #ended: Promise<void> = Promise.resolve();
  #last: GuestState | undefined;

  constructor(folder: string) {
    this.#folder = folder;
    mkdirSync(folder, { recursive: true });
  }

  get runs(): boolean {
    return this.#process !== undefined;
  }

  async start(spec: GuestSpec): Promise<void> {
    // It goes with the machine, which may be registered again.
    mkdirSync(this.#folder, { recursive: true });
    const disk = await this.#overlay(spec);
    const socket = join(this.#folder, "qmp");
    rmSync(socket, { force: true });
    const child = spawn("setpriv", ["--pdeathsig", "KILL", ...qemuArgv(spec, disk, socket)], {
      stdio: ["ignore", "ignore", "pipe"],
    });
    let said = "";
    child.stderr.setEncoding("utf8").on("data", (text: string) => {
      said += text;
    });
    this.#last = undefined;
    this.#process = child;
    this.#ended = new Promise((resolve) => {
      child.once("close", (_code, signal) => {
        this.#process = undefined;
        this.#say(this.#last ?? (signal === null ? undefined : "aborted"));
        resolve();
      });
    });
    for (const end = Date.now() + START_MS; Date.now() < end && this.runs; ) {
      // The socket is there before the ports are: it runs once it answers.
      if (
        existsSync(socket) &&
        (await this.#tell("query-status").then(
          () => true,
          () => false,
        ))
      )
        return this.#say("running");
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
    throw new Error(`QEMU did not answer within ${START_MS / 1000} s: ${said}`);
  }

  async control(action: string): Promise<void> {
    if (action === "acpipowerbutton") await this.#tell("system_powerdown");
    else if (action === "reset") await this.#tell("system_reset");
    else if (action === "pause" || action === "resume") {
      await this.#tell(action === "pause" ? "stop" : "cont");
      this.#say(action === "pause" ? "paused" : "running");
    } else if (action === "poweroff" || action === "savestate") {
      // Its memory is not kept: what is "saved" boots again.
      this.#last = action === "savestate" ? "saved" : undefined;
      await this.#tell("quit").catch(() => {});
      await this.#ended;
    } else throw new Error(`Invalid parameter '${action}'`);
  }

  /** End it at once, as if its process had crashed. */
  async kill(): Promise<void> {
    this.#process?.kill("SIGKILL");
    await this.#ended;
  }

  #say(state: GuestState | undefined): void {
    const path = join(this.#folder, "state");
    if (state === undefined) rmSync(path, { force: true });
    else writeFileSync(path, `${state}\n`);
  }

  /**
   * QEMU reads no VDI that is a difference. One in which nothing was written yet is as its base: what the guest writes goes
   * into an overlay over that, which lasts as long as the machine.
   */
  async #overlay({ disk, base, size }: GuestSpec): Promise<string> {
    const overlay = join(this.#folder, "disk.qcow2");
    if (existsSync(overlay)) return overlay;
    if ((await writtenBlocks(disk)) > 0) throw new Error(`${disk} has content of its own`);
    const { code, stderr } = await local([
      "qemu-img",
      "create",
      "-q",
      "-f",
      "qcow2",
      "-b",
      base,
      "-F",
      "vdi",
      overlay,
      String(size),
    ]);
    if (code !== 0) throw new Error(`qemu-img: ${stderr}`);
    return overlay;
  }

  /** One command of QEMU's machine protocol: a greeting, the handshake, then it. */
  #tell(command: string): Promise<void> {
    return new Promise((resolve, reject) => {
      const socket = connect(join(this.#folder, "qmp"));
      let text = "";
      socket.setEncoding("utf8").on("data", (piece: string) => {
        text += piece;
        if (text.split('"return"').length > 2) {
          socket.end();
          resolve();
        }
      });
      socket.once("error", reject);
      socket.once("close", () => reject(new Error(`QEMU did not answer to ${command}`)));
      for (const execute of ["qmp_capabilities", command]) socket.write(`${JSON.stringify({ execute })}\n`);
    });
  }
}

/** How many blocks a VDI holds itself (`cBlocksAllocated` of its header). */
async function writtenBlocks(path: string): Promise<number> {
  const file = await open(path, "r");
  try {
    const { buffer } = await file.read(Buffer.alloc(4), 0, 4, 0x184);
    return buffer.readUInt32LE();
  } finally {
    await file.close();
  }
}

function qemuArgv(spec: GuestSpec, disk: string, socket: string): string[] {
  const forwards = spec.forwards.map(({ hostPort, guestPort }) => `,hostfwd=tcp:127.0.0.1:${hostPort}-:${guestPort}`);
  const mac = spec.mac.toLowerCase().match(/../g)?.join(":");
  return [
    ...["qemu-system-x86_64", "-name", spec.uuid, "-machine", "pc", "-accel", "tcg,thread=multi", "-cpu", "max"],
    ...["-m", String(spec.memory), "-smp", String(spec.cpus), "-display", "none", "-monitor", "none"],
    ...["-serial", `file:${spec.consoleLog}`, "-qmp", `unix:${socket},server=on,wait=off`, "-device", "ahci,id=sata"],
    ...["-drive", `file=${disk},if=none,id=disk,cache=unsafe`, "-device", "ide-hd,drive=disk,bus=sata.0"],
    ...(spec.disc
      ? [
          "-drive",
          `file=${spec.disc},if=none,id=disc,format=raw,readonly=on`,
          "-device",
          "ide-cd,drive=disc,bus=sata.1",
        ]
      : []),
    ...["-nic", `user,model=virtio-net-pci,mac=${mac}${forwards.join("")}`],
  ];
}
