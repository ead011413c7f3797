import { createHash } from "node:crypto";
import { errorXml, parseXml, renderXml, setText } from "./ec2-xml.ts";

export interface Answer {
  readonly status: number;
  readonly body: string;
}

/**
 * RunInstances with a ClientToken, as AWS documents it: the same request again is the same instances, another request
 * under the same token is refused, and so is one whose instances have ended. moto stores tokens only.
 */
export class Tokens {
  readonly #seen = new Map<string, { readonly request: string; readonly answer: Promise<Answer> }>();

  async run(
    form: URLSearchParams,
    send: () => Promise<Answer>,
    gone: (ids: readonly string[]) => Promise<boolean>,
  ): Promise<Answer> {
    const token = form.get("ClientToken");
    if (token === null) return send();
    const request = createHash("sha256")
      .update([...form].sort().join("&"))
      .digest("hex");
    const known = this.#seen.get(token);
    if (known && known.request !== request)
      return {
        status: 400,
        body: errorXml("IdempotentParameterMismatch", "The request uses a client token of another request"),
      };
    if (known) {
      const answer = await known.answer;
      const ids = [...answer.body.matchAll(/<instanceId>([^<]+)</g)].map(([, id = ""]) => id);
      if (!(await gone(ids))) return answer;
      return {
        status: 400,
        body: errorXml("IdempotentInstanceTerminated", "The instance of this client token is terminated"),
      };
    }
    const answer = send();
    this.#seen.set(token, { request, answer });
    const first = await answer.catch((error) => {
      this.#seen.delete(token);
      throw error;
    });
    if (first.status !== 200) this.#seen.delete(token);
    return first;
  }
}

/** A new instance is pending; moto says running at once. */
export function asPending(body: string): string {
  const root = parseXml(body);
  for (const set of root.children.filter(({ name }) => name === "instancesSet"))
    for (const item of set.children) {
      const state = item.children.find(({ name }) => name === "instanceState");
      if (!state) continue;
      setText(state, "code", "0");
      setText(state, "name", "pending");
    }
  return renderXml(root);
}
