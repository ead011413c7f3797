import { createHmac } from "node:crypto";
import { type HookAction, MachinistError } from "@machinist/core";
import type { HookPayload } from "../payload.ts";
import type { ActionWorld } from "../world.ts";

type Webhook = Extract<HookAction, { type: "webhook" }>;

/**
 * POST what happened. With a secret the body is signed: `x-machinist-signature: sha256=HMAC` in hex, as GitHub has it.
 * A redirect is not followed: the body is for whom it was addressed to.
 */
export async function post({ url, secretEnv }: Webhook, payload: HookPayload, world: ActionWorld): Promise<void> {
  const body = JSON.stringify(payload);
  const secret = secretEnv === undefined ? undefined : world.env[secretEnv];
  if (secretEnv !== undefined && !secret)
    throw new MachinistError("hook.secret", `The variable ${secretEnv} with the webhook's secret is not set`, {
      hint: `Set it: export ${secretEnv}=…`,
    });
  // The path of a webhook's URL is often its password: only where it goes is said.
  const where = new URL(url).origin;
  let answer: Response;
  try {
    answer = await fetch(url, {
      method: "POST",
      body,
      redirect: "manual",
      signal: world.signal,
      headers: {
        "content-type": "application/json",
        "user-agent": "machinist",
        "x-machinist-event": payload.event,
        "x-machinist-delivery": payload.delivery,
        ...(secret ? { "x-machinist-signature": signatureOf(secret, body) } : {}),
      },
    });
  } catch (cause) {
    if (world.signal.aborted) throw world.signal.reason;
    const why = (cause as { cause?: { code?: string } }).cause?.code ?? "no answer";
    throw new MachinistError("hook.unreachable", `The webhook at ${where} cannot be reached: ${why}`, {
      hint: "Check its URL in hooks: of the manifest, and that this computer reaches it",
    });
  }
  await answer.body?.cancel();
  if (answer.status >= 200 && answer.status < 300) return;
  throw new MachinistError("hook.answer", `The webhook at ${where} answered ${answer.status}`, {
    hint: "Check its URL in hooks: of the manifest, and what its server's log says",
  });
}

/** What a receiver compares with the header, over the bytes of the body. */
export const signatureOf = (secret: string, body: string): string =>
  `sha256=${createHmac("sha256", secret).update(body).digest("hex")}`;
