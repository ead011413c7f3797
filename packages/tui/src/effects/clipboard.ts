/** OSC 52: the terminal puts the text on its owner's clipboard, over SSH and tmux too; others ignore it. */
export const clipboardSequence = (text: string): string =>
  `\x1b]52;c;${Buffer.from(text, "utf8").toString("base64")}\x07`;
