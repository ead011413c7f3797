import type { EC2 } from "@aws-sdk/client-ec2";
import { MachinistError } from "@machinist/core";

/** Far above a full page of a thousand instances, far below what fills a computer's memory. */
const mostBytes = 16 * 2 ** 20;
/** EC2 nests about ten elements; the SDK's reader calls itself for each. */
const mostDepth = 64;

const hint = "Look at --amazonec2-endpoint and at proxies on the way (HTTPS_PROXY): what answers may not be EC2";
const unreadable = (what: string) =>
  new MachinistError("amazonec2.answer", `The answer to ${what}`, { hint, retryable: true });

/**
 * Has the client refuse what is no answer of EC2's. The SDK takes an empty body, or a proxy's login page, for a list of
 * nothing, and what seems to be absent would be created a second time or forgotten.
 */
export function readStrictly(ec2: EC2): EC2 {
  ec2.middlewareStack.add(
    (next, context) => async (input) => {
      const result = await next(input);
      const response = result.response as { statusCode: number; body?: AsyncIterable<Uint8Array> };
      const action = String(context.commandName).replace(/Command$/, "");
      const body = await boundedBody(response.body, action);
      if (response.statusCode < 300) checkAnswer(body.toString("utf8"), action);
      return { ...result, response: Object.assign(response, { body }) };
    },
    { step: "deserialize", priority: "low", name: "readStrictly" },
  );
  return ec2;
}

async function boundedBody(body: AsyncIterable<Uint8Array> | undefined, action: string): Promise<Buffer> {
  const chunks: Uint8Array[] = [];
  let bytes = 0;
  for await (const chunk of body ?? []) {
    bytes += chunk.length;
    if (bytes > mostBytes) throw unreadable(`${action} is larger than ${mostBytes / 2 ** 20} MiB`);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}

/** Throws unless the text is one element named after the action, without a document type and no deeper than EC2 nests. */
export function checkAnswer(text: string, action: string): void {
  const root = /^\uFEFF?\s*(?:<\?xml[^>]*\?>\s*)?<([\w:.-]+)[\s/>]/.exec(text)?.[1];
  if (root !== `${action}Response`) throw unreadable(`${action} is not an answer of EC2's`);
  let depth = 0;
  for (const [tag] of text.matchAll(/<[^<>]*>/g)) {
    if (tag.startsWith("</")) depth--;
    else if (!tag.endsWith("/>") && !/^<[?!]/.test(tag)) depth++;
    if (depth > mostDepth) throw unreadable(`${action} is nested deeper than ${mostDepth} elements`);
  }
  if (depth !== 0) throw unreadable(`${action} is cut off`);
}
