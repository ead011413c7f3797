import { MachinistError } from "@machinist/core";

/** One line of authorized_keys, without options: trimmed. Throws `cloud-init.public-key`. */
export function checkedKey(line: string): string {
  const text = line.trim();
  const [type = "", base64 = ""] = text.split(/\s+/);
  if (!/[\r\n\0]/.test(text) && type !== "" && typeInside(base64) === type) return text;
  throw new MachinistError("cloud-init.public-key", "This is not an OpenSSH public key line", {
    hint: "A public key is one line such as `ssh-ed25519 AAAA… comment`, the content of a .pub file",
  });
}

/** The type that a key's bytes begin with (RFC 4253, 6.6); empty where they are no key. */
function typeInside(base64: string): string {
  const bytes = Buffer.from(base64, "base64");
  if (bytes.length < 8) return "";
  const length = bytes.readUInt32BE(0);
  return length < bytes.length - 4 ? bytes.toString("latin1", 4, 4 + length) : "";
}
