import { readFile } from "node:fs/promises";
import { request } from "node:https";
import { join } from "node:path";
import { MachinistError } from "@machinist/core";
import type { EngineVerifier } from "../src/index.ts";

/** The engine's answer to a GET over TLS; without a client certificate where no folder is given. */
export async function ask(url: string, path: string, folder: string | undefined, ca: string, signal?: AbortSignal) {
  const { hostname, port } = new URL(url);
  const pair = folder && {
    cert: await readFile(join(folder, "cert.pem")),
    key: await readFile(join(folder, "key.pem")),
  };
  return new Promise<{ status: number; body: Record<string, unknown> }>((resolve, reject) => {
    const call = request(
      { host: hostname, port, path, ca, ...pair, agent: false, timeout: 60_000, ...(signal ? { signal } : {}) },
      (answer) => {
        let text = "";
        answer.setEncoding("utf8");
        answer.on("data", (piece: string) => {
          text += piece;
        });
        answer.on("end", () => resolve({ status: answer.statusCode ?? 0, body: JSON.parse(text) }));
        answer.on("error", reject);
      },
    );
    call.on("timeout", () => call.destroy(new Error("no answer in a minute")));
    call.on("error", reject);
    call.end();
  });
}

export const verify: EngineVerifier = async (url, folder, signal) => {
  try {
    const ca = await readFile(join(folder, "ca.pem"), "utf8");
    const { body } = await ask(url, "/version", folder, ca, signal);
    const { body: info } = await ask(url, "/info", folder, ca, signal);
    return { version: String(body.Version), apiVersion: String(body.ApiVersion), id: String(info.ID) };
  } catch (cause) {
    throw new MachinistError("docker.unreachable", String(cause), { cause, retryable: true });
  }
};
