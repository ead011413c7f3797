/** A template's parts, as Go's parser has them. `at` and `line`: where errors point to. */
export type Node = TextNode | ActionNode | BranchNode | TemplateNode | LoopNode;

interface Placed {
  readonly at: number;
  readonly line: number;
}

export interface TextNode extends Placed {
  readonly sort: "text";
  readonly text: string;
}
export interface ActionNode extends Placed {
  readonly sort: "action";
  readonly pipe: Pipe;
}
export interface BranchNode extends Placed {
  readonly sort: "if" | "range" | "with";
  readonly pipe: Pipe;
  readonly list: readonly Node[];
  readonly otherwise: readonly Node[] | undefined;
}
export interface TemplateNode extends Placed {
  readonly sort: "template";
  readonly name: string;
  readonly pipe: Pipe | undefined;
}
export interface LoopNode extends Placed {
  readonly sort: "break" | "continue";
}

export interface Pipe extends Placed {
  readonly sort: "pipe";
  /** With their `$`. */
  readonly variables: readonly string[];
  /** `=` rather than `:=`. */
  readonly assigns: boolean;
  readonly commands: readonly Command[];
}
export interface Command extends Placed {
  readonly sort: "command";
  readonly args: readonly Operand[];
}

export type Operand =
  | (Placed & { readonly sort: "dot" | "nil" })
  | (Placed & { readonly sort: "field"; readonly names: readonly string[] })
  | (Placed & { readonly sort: "variable"; readonly name: string; readonly names: readonly string[] })
  | (Placed & { readonly sort: "chain"; readonly node: Operand; readonly names: readonly string[] })
  | (Placed & { readonly sort: "identifier"; readonly name: string })
  | (Placed & { readonly sort: "bool"; readonly value: boolean })
  | (Placed & { readonly sort: "number"; readonly value: number | bigint; readonly text: string })
  | (Placed & { readonly sort: "string"; readonly value: string; readonly text: string })
  | Pipe;

/** A part as its author could have written it: errors show it so. */
export function written(node: Pipe | Command | Operand | TemplateNode): string {
  switch (node.sort) {
    case "pipe": {
      const { variables, assigns, commands } = node;
      const left = variables.length === 0 ? "" : `${variables.join(", ")} ${assigns ? "=" : ":="} `;
      return left + commands.map(written).join(" | ");
    }
    case "command":
      return node.args.map((arg) => (arg.sort === "pipe" ? `(${written(arg)})` : written(arg))).join(" ");
    case "template":
      return `{{template ${JSON.stringify(node.name)}${node.pipe === undefined ? "" : ` ${written(node.pipe)}`}}}`;
    case "dot":
      return ".";
    case "nil":
      return "nil";
    case "field":
      return node.names.map((name) => `.${name}`).join("");
    case "variable":
      return [node.name, ...node.names].join(".");
    case "chain":
      return `${node.node.sort === "pipe" ? `(${written(node.node)})` : written(node.node)}${node.names.map((name) => `.${name}`).join("")}`;
    case "identifier":
      return node.name;
    case "bool":
      return String(node.value);
    case "number":
    case "string":
      return node.text;
  }
}
