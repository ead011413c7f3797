import { createConnection } from "node:net";
import { MachinistError } from "@machinist/core";

/** QEMU answers at once unless its computer is badly overloaded. */
const ANSWER_MS = 10_000;

type Message = { readonly QMP?: unknown; readonly id?: number; readonly error?: { readonly desc: string } };

/**
 * Ask a machine's QEMU one thing in its own protocol (QMP: a JSON object per line). False where nobody listens: the
 * machine does not run. Throws `qemu.qmp` for a refusal, or where somebody listens and does not answer.
 */
export function sendCommand(path: string, execute: string, args: Record<string, unknown> = {}): Promise<boolean> {
  return new Promise((resolve, reject) => {
    const socket = createConnection(path);
    let partial = "";
    const timer = setTimeout(() => end(() => reject(silent(undefined))), ANSWER_MS);
    const end = (how: () => void): void => {
      clearTimeout(timer);
      socket.destroy();
      how();
    };
    const say = (id: number, command: string, given: object): boolean =>
      socket.write(`${JSON.stringify({ execute: command, id, arguments: given })}\n`);
    const receive = (message: Message): void => {
      if (message.QMP !== undefined) say(1, "qmp_capabilities", {});
      else if (message.error) end(() => reject(refused(execute, message.error?.desc ?? "")));
      else if (message.id === 1) say(2, execute, args);
      else if (message.id === 2) end(() => resolve(true));
    };
    socket.setEncoding("utf8").on("data", (text: string) => {
      const lines = (partial + text).split("\n");
      partial = lines.pop() ?? "";
      try {
        for (const line of lines) if (line.trim() !== "") receive(JSON.parse(line) as Message);
      } catch (cause) {
        end(() => reject(silent(cause)));
      }
    });
    socket.on("error", (cause: NodeJS.ErrnoException) => {
      const nobody = cause.code === "ENOENT" || cause.code === "ECONNREFUSED";
      end(() => (nobody ? resolve(false) : reject(silent(cause))));
    });
    socket.on("close", () => end(() => reject(silent(undefined))));
  });
}

const refused = (command: string, words: string) =>
  new MachinistError("qemu.qmp", `QEMU refused ${command}: ${words}`, { hint: "See the machine's console.log" });

const silent = (cause: unknown) =>
  new MachinistError("qemu.qmp", "The machine's QEMU does not answer, or went away while it was asked", {
    cause,
    retryable: true,
    hint: "If it goes on, end the machine by force: machinist kill NAME",
  });
