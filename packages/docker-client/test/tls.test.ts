import type { MachinistError } from "@machinist/core";
import { afterEach, beforeAll, describe, expect, it } from "vitest";
import { connectionFailure } from "../src/failure.ts";
import type { TlsMaterial } from "../src/index.ts";
import { createEngineApi } from "../src/index.ts";
import type { Identity } from "./authority.ts";
import { makeAuthority } from "./authority.ts";
import { startFakeEngine } from "./fake-engine.ts";

const ours = makeAuthority();
const theirs = makeAuthority();
let good: TlsMaterial;
beforeAll(() => {
  good = { ca: ours.cert, ...ours.client() };
});
const cleanups: (() => void | Promise<void>)[] = [];
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
});

async function ask(server: Identity | undefined, tls: TlsMaterial | undefined): Promise<unknown> {
  const engine = await startFakeEngine(server === undefined ? {} : { tls: { ca: ours.cert, server } });
  cleanups.push(engine.close);
  const api = createEngineApi({ url: engine.url, machine: "m1", ...(tls === undefined ? {} : { tls }) });
  cleanups.push(() => api.close());
  return api
    .request("GET", "/info")
    .catch((error: MachinistError) => ({ code: error.code, message: error.message, hint: error.hint }));
}

describe("mutual TLS", () => {
  it("both sides know each other", async () => {
    expect(await ask(ours.server(["127.0.0.1"]), good)).toEqual({ path: "/v1.45/info" });
  });

  it("refuses a server of another authority", async () => {
    expect(await ask(ours.server(["127.0.0.1"]), { ...good, ca: theirs.cert })).toMatchObject({
      code: "docker.tls",
      hint: expect.stringContaining("machinist regenerate-certs m1"),
    });
  });

  it("refuses them whatever the environment says", async () => {
    const before = process.env.NODE_TLS_REJECT_UNAUTHORIZED;
    process.env.NODE_TLS_REJECT_UNAUTHORIZED = "0";
    cleanups.push(() => {
      if (before === undefined) delete process.env.NODE_TLS_REJECT_UNAUTHORIZED;
      else process.env.NODE_TLS_REJECT_UNAUTHORIZED = before;
    });
    for (const [server, tls] of [
      [ours.server(["127.0.0.1"]), { ...good, ca: theirs.cert }],
      [ours.server(["192.0.2.1"]), good],
      [ours.server(["127.0.0.1"], -1), good],
    ] as const)
      expect(await ask(server, tls)).toMatchObject({ code: "docker.tls" });
  });

  it("refuses a certificate for another address", async () => {
    expect(await ask(ours.server(["192.0.2.1"]), good)).toMatchObject({
      code: "docker.tls",
      message: expect.stringContaining("another address"),
    });
  });

  it("refuses an expired certificate", async () => {
    expect(await ask(ours.server(["127.0.0.1"], -1), good)).toMatchObject({
      code: "docker.tls",
      message: expect.stringContaining("expired"),
    });
  });

  // Node's own server hangs up without the alert that dockerd (Go) sends, so the alert is given by hand.
  it("says so when the server refuses ours", () => {
    const alert = Object.assign(new Error("tlsv1 alert unknown ca"), { code: "ERR_SSL_TLSV1_ALERT_UNKNOWN_CA" });
    expect(connectionFailure({ url: "tcp://192.0.2.7:2376", machine: "m1" }, alert)).toMatchObject({
      code: "docker.tls",
      retryable: false,
      message: expect.stringContaining("refused our certificate"),
    });
  });

  it("says so when there is no TLS at all", async () => {
    expect(await ask(undefined, good)).toMatchObject({
      code: "docker.tls",
      message: expect.stringContaining("does not speak TLS"),
    });
  });
});
