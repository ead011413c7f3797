import { MachinistError } from "@machinist/core";
import { tokenVariable } from "./token.ts";

export interface Reply {
  readonly status: number;
  readonly body: unknown;
  readonly retryAfterMs: number | undefined;
}

/** What a refusal means to whoever typed the command. The token is in no message, even if the answer repeats it. */
export function failure(method: string, path: string, reply: Reply, token: string): MachinistError {
  const { status, body } = reply;
  const { message, error } = (body ?? {}) as { message?: unknown; error?: unknown };
  const text = [message, error].find((each) => typeof each === "string") ?? `status ${status}`;
  const said = String(text).replaceAll(token, "***").slice(0, 300);
  const call = `${method} ${path.replace(/\?.*/, "")}`;
  if (status < 500 && /pending event|being processed|with members|in progress/i.test(said))
    return new MachinistError("digitalocean.busy", `${call} has to wait: ${said}`, {
      retryable: true,
      hint: "Run the same command again in a minute",
    });
  switch (status) {
    case 401:
      return new MachinistError("digitalocean.token", "DigitalOcean does not accept the access token", {
        hint: `Make a new one at cloud.digitalocean.com/account/api/tokens and set ${tokenVariable}`,
      });
    case 403:
      return new MachinistError("digitalocean.forbidden", `${call} is not allowed: ${said}`, {
        hint: "Give the token the scopes that the driver's documentation lists",
      });
    case 404:
      return new MachinistError("digitalocean.not-found", `${call}: ${said}`, {
        hint: "What it names is gone at DigitalOcean: run machinist plan to see what is missing",
      });
    case 429:
      return rateLimited(true, reply.retryAfterMs);
  }
  if (status >= 500)
    return new MachinistError("digitalocean.server", `${call} failed at DigitalOcean: ${said}`, {
      retryable: true,
      hint: "See status.digitalocean.com, then run the same command again",
    });
  if (/exceed.*limit|limit.*exceed/i.test(said))
    return new MachinistError("digitalocean.quota", `DigitalOcean makes no more: ${said}`, {
      hint: "Remove what is not needed, or ask for a higher limit at cloud.digitalocean.com/account/team",
    });
  if (status === 409 || /already|duplicate|unique/i.test(said))
    return new MachinistError("digitalocean.exists", `${call}: ${said}`, {
      retryable: true,
      hint: "Run the same command again; if it persists, rename or remove what has that name at DigitalOcean",
    });
  return new MachinistError("digitalocean.refused", `${call} was refused: ${said}`, {
    hint: "Change the option that it names, then run the same command again",
  });
}

export const rateLimited = (retryable: boolean, retryAfterMs?: number): MachinistError =>
  new MachinistError("digitalocean.rate-limit", "DigitalOcean's rate limit is used up for now", {
    ...{ retryable, ...(retryAfterMs === undefined ? {} : { retryAfterMs }) },
    hint: "Wait some minutes, then run the same command again: it goes on where it stopped",
  });
