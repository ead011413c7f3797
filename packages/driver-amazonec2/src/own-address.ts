import { isIP } from "node:net";
import { MachinistError } from "@machinist/core";
import { ownAddressWord } from "@machinist/options";
import { shareLook } from "@machinist/requests";

/** CIDR blocks with `auto` as the address that this computer is seen with, asked for at most once in ten minutes. */
export function ownAddress() {
  const ask = shareLook(
    async (url: string) => {
      const answer = await fetch(url, { signal: AbortSignal.timeout(10_000) }).catch((cause: Error) => cause);
      const text = answer instanceof Error ? "" : (await answer.text().catch(() => "")).trim();
      const version = isIP(text);
      if (version === 0)
        throw new MachinistError("amazonec2.own-address", `${url} does not tell the address that you call from`, {
          hint: "Give --amazonec2-ingress-cidr YOUR-ADDRESS/32",
          ...(answer instanceof Error ? { cause: answer } : {}),
        });
      return `${text}/${version === 4 ? 32 : 128}`;
    },
    { freshMs: 600_000 },
  );
  return async (blocks: readonly string[], url: string): Promise<string[]> =>
    Promise.all(blocks.map((block) => (block === ownAddressWord ? ask(url) : block)));
}
