import type { DigitalOceanLab } from "@machinist/lab";
import { afterAll, beforeAll, expect, test } from "vitest";
import { Api } from "../src/api.ts";
import { failing } from "./driver-world.ts";
import { clock, openAccount } from "./lab.ts";

const signal = new AbortController().signal;

let lab: DigitalOceanLab;
beforeAll(async () => {
  lab = await openAccount();
});
afterAll(() => lab.close());

test("whose account it is is asked once, and again where that failed", async () => {
  const given: string[] = [];
  const token = async () => {
    const next = given.length === 0 ? "dop_v1_wrong" : lab.token;
    given.push(next);
    return next;
  };
  const api = new Api(lab.url, token, clock);
  expect((await failing(api.account(signal))).code).toBe("digitalocean.token");
  const { uuid } = await api.account(signal);
  expect(uuid).not.toBe("");
  expect(await api.account(signal)).toMatchObject({ uuid });
  expect(given).toHaveLength(2);
});
