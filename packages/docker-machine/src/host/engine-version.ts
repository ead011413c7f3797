import type { TLSSocket } from "node:tls";
import { CliError } from "../cli-error.ts";
import { hostPort, urlOf } from "./address.ts";
import { credentialsOf, dial } from "./dial.ts";
import type { Host } from "./load.ts";

const because = "Unable to query docker version: ";
const noEndpoint = `${because}Cannot connect to the docker engine endpoint`;
/** More than any engine says of its version. */
const longest = 1 << 20;

/** The version of the Docker on a machine, as `24.0.7`. Throws in docker-machine's words. */
export async function engineVersion(host: Host, signal: AbortSignal): Promise<string> {
  const address = hostPort(urlOf(host));
  // What docker-machine asked for; engines of today refuse so old a version, so the path is asked for without.
  const url = `https://${address}/v1.15/version`;
  let socket: TLSSocket;
  try {
    socket = await dial(address, credentialsOf(host), signal);
  } catch (thrown) {
    const { message } = thrown as Error;
    if (message.startsWith("open ")) throw new CliError(because + message);
    throw new CliError(message.startsWith("x509") ? `${because}Get ${JSON.stringify(url)}: ${message}` : noEndpoint);
  }
  try {
    const { Version } = JSON.parse(await get(socket, address, signal)) as { Version?: unknown };
    if (typeof Version === "string") return Version;
  } catch {
    // Said below: whatever answers there is no Docker.
  } finally {
    socket.destroy();
  }
  throw new CliError(noEndpoint);
}

async function get(socket: TLSSocket, address: string, signal: AbortSignal): Promise<string> {
  const { request } = await import("node:http");
  return new Promise((resolve, reject) => {
    const headers = { Host: address };
    const sent = request({ path: "/version", headers, signal, createConnection: () => socket }, (answer) => {
      let body = "";
      answer.setEncoding("utf8");
      answer.on("data", (piece: string) => {
        body += piece;
        if (body.length > longest) answer.destroy(new Error("the answer is too long"));
      });
      answer.on("end", () => resolve(body));
      answer.on("error", reject);
    });
    sent.on("error", reject);
    sent.end();
  });
}
