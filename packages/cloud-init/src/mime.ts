import { createHash } from "node:crypto";

/** A body part of a MIME message (RFC 2045): its headers, an empty line and its content. */
export interface Part {
  readonly text: string;
}

/** `name` becomes the name of the file it is kept in on the host. */
export function textPart(type: string, content: string, name: string, headers: readonly string[] = []): Part {
  const plain = /^[\t\n\r -~]*$/.test(content);
  const lines = [
    `Content-Type: ${type}; charset="${plain ? "us-ascii" : "utf-8"}"`,
    `Content-Transfer-Encoding: ${plain ? "7bit" : "base64"}`,
    `Content-Disposition: attachment; filename="${name}"`,
    ...headers,
    "",
    plain
      ? content
      : (
          Buffer.from(content)
            .toString("base64")
            .match(/.{1,76}/g) ?? []
        ).join("\n"),
  ];
  return { text: lines.join("\n") };
}

/** One message of several parts. The same parts give the same text. */
export function message(parts: readonly Part[]): string {
  const texts = parts.map(({ text }) => text);
  let boundary = "machinist";
  while (texts.some((text) => text.includes(boundary)))
    boundary = `machinist-${createHash("sha256")
      .update(`${boundary}\n${texts.join("\n")}`)
      .digest("hex")
      .slice(0, 24)}`;
  // The line break before a boundary belongs to the boundary.
  return [
    `Content-Type: multipart/mixed; boundary="${boundary}"`,
    "MIME-Version: 1.0",
    "",
    ...texts.map((text) => `--${boundary}\n${text}`),
    `--${boundary}--`,
    "",
  ].join("\n");
}
