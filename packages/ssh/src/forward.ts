import type { Duplex } from "node:stream";
import { MachinistError } from "@machinist/core";
import type { Link } from "./link.ts";

/** A stream to an address as the machine sees it. Throws `ssh.forward`. */
export async function forward(link: Link, host: string, port: number): Promise<Duplex> {
  const connection = await link.connection();
  return new Promise<Duplex>((resolve, reject) => {
    const refuse = (error: Error) => {
      if (connection.ended) return reject(connection.lost("opening a tunnel"));
      reject(
        new MachinistError("ssh.forward", `${link.machine} cannot connect to ${host}:${port}: ${error.message}`, {
          cause: error,
          retryable: true,
          hint: "Check that something listens there, and that sshd there allows AllowTcpForwarding.",
        }),
      );
    };
    try {
      connection.client.forwardOut("127.0.0.1", 0, host, port, (error, stream) =>
        error ? refuse(error) : resolve(stream),
      );
    } catch (error) {
      refuse(error as Error);
    }
  });
}
