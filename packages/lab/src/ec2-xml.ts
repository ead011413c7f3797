/** An element of EC2's answers: they have no mixed content, and attributes on the root only. */
export interface Element {
  readonly name: string;
  readonly attributes: string;
  readonly children: Element[];
  /** As it stands in the document, escaped. */
  text: string;
}

/** Enough of XML to read what EC2 servers answer. Throws for what is not whole. */
export function parseXml(source: string): Element {
  const root: Element = { name: "", attributes: "", children: [], text: "" };
  const open: Element[] = [root];
  for (const [, closing, name = "", attributes = "", empty, text = ""] of source.matchAll(
    /<(\/?)([\w:.-]+)([^>]*?)(\/?)>|([^<]+)|<[?!][^>]*>/g,
  )) {
    const top = open[open.length - 1]!;
    if (text !== "") top.text += text.trim() === "" ? "" : text;
    else if (name === "") continue;
    else if (closing) {
      if (open.pop()?.name !== name) throw new Error(`an answer of EC2 closes ${name}, which is not open`);
    } else {
      const element: Element = { name, attributes, children: [], text: "" };
      top.children.push(element);
      if (!empty) open.push(element);
    }
  }
  if (open.length !== 1 || root.children.length !== 1) throw new Error("an answer of EC2 is not whole");
  return root.children[0]!;
}

export const renderXml = ({ name, attributes, children, text }: Element): string =>
  `<${name}${attributes}>${text}${children.map(renderXml).join("")}</${name}>`;

export const childOf = (element: Element | undefined, name: string): Element | undefined =>
  element?.children.find((child) => child.name === name);

export const textOf = (element: Element | undefined, ...path: readonly string[]): string =>
  path.reduce<Element | undefined>(childOf, element)?.text ?? "";

/** The items of a set; each is an element `item`. */
export const itemsOf = (element: Element | undefined, set: string): Element[] =>
  (childOf(element, set)?.children ?? []).filter(({ name }) => name === "item");

/** Put a text where there is an element of that name, or add one. */
export function setText(element: Element, name: string, text: string): void {
  const child = childOf(element, name);
  if (child) child.text = text;
  else element.children.push({ name, attributes: "", children: [], text });
}

export const errorXml = (code: string, message: string): string =>
  `<?xml version="1.0" encoding="UTF-8"?><Response><Errors><Error><Code>${code}</Code><Message>${message}</Message></Error></Errors><RequestID>lab</RequestID></Response>`;
