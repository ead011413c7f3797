import type { Outcome } from "@machinist/fleet";

/** What an emulated processor of a busy computer may be too slow for; nothing is wrong with the machine. */
const SLOW = ["ssh.unreachable", "ssh.timeout"];
const ATTEMPTS = 6;

/** Runs it, and as long as the machine was only too slow, again: a run goes on where the one before it stopped. */
export async function patiently(work: () => { readonly result: Promise<Outcome> }): Promise<Outcome> {
  for (let attempt = 1; ; attempt++) {
    const outcome = await work().result;
    if (attempt === ATTEMPTS || !outcome.failures.some(({ code }) => SLOW.includes(code))) return outcome;
  }
}
