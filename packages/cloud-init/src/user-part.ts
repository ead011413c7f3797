import { MachinistError } from "@machinist/core";
import { type Part, textPart } from "./mime.ts";

/**
 * How cloud-init tells formats apart: by how the text begins, whatever the case. The longer beginnings first. From its
 * documentation, "User-data formats".
 */
const FORMATS: readonly (readonly [beginning: string, type: string])[] = [
  ["#!", "text/x-shellscript"],
  ["## template: jinja", "text/jinja2"],
  ["#cloud-config-archive", "text/cloud-config-archive"],
  ["#cloud-config-jsonp", "text/cloud-config-jsonp"],
  ["#cloud-config", "text/cloud-config"],
  ["#cloud-boothook", "text/cloud-boothook"],
  ["#include-once", "text/x-include-once-url"],
  ["#include", "text/x-include-url"],
  ["#part-handler", "text/part-handler"],
];

/** The user's own user-data as a part beside others. Throws `cloud-init.user-data` for what cloud-init would not know. */
export function userPart(userData: string): Part {
  const text = userData.replace(/^\uFEFF/, "").trimStart();
  if (/[\0\uFFFD]/.test(text) || text.startsWith("\u001F"))
    throw refused(
      "This user-data is not text",
      "If it is compressed, unpack it: machinist adds parts of its own to it",
    );
  if (isMessage(text)) return { text: text.replace(/^From .*\r?\n/, "") };
  const type = FORMATS.find(([beginning]) => text.toLowerCase().startsWith(beginning))?.[1];
  if (type !== undefined) return textPart(type, text, "user-data");
  const first = text.split("\n", 1)[0]?.slice(0, 40) ?? "";
  throw refused(
    text === ""
      ? "This user-data is empty"
      : `cloud-init does not know user-data that begins with ${JSON.stringify(first)}`,
    `Its first line is one of: ${FORMATS.map(([beginning]) => beginning).join(", ")}`,
  );
}

/** A MIME message: cloud-init looks for its version among the first bytes. */
const isMessage = (text: string): boolean =>
  /^(From .*|[!-9;-~]+:.*)\r?\n/.test(text) &&
  /^(mime-version:|content-type:\s*multipart\/)/im.test(text.slice(0, 4096));

const refused = (message: string, hint: string): MachinistError =>
  new MachinistError("cloud-init.user-data", message, { hint });
