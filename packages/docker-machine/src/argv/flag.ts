/** One flag as docker-machine declares it. */
export type Flag =
  | (Named & { readonly kind: "bool" })
  | (Named & { readonly kind: "string"; readonly value?: string })
  | (Named & { readonly kind: "int"; readonly value: number })
  | (Named & { readonly kind: "slice"; readonly value?: readonly string[] });

interface Named {
  readonly name: string;
  readonly short?: string;
  readonly usage: string;
  /** A variable that gives the value where the command line does not. */
  readonly env?: string;
}

export type FlagValue = string | number | boolean | readonly string[];

type Env = Readonly<Record<string, string | undefined>>;

/** A flag's value where the command line does not give it: its variable's, else its default. */
export function standing(flag: Flag, env: Env): FlagValue {
  const given = flag.env === undefined ? undefined : env[flag.env];
  switch (flag.kind) {
    case "bool":
      return given === undefined || given === "" ? false : (boolOf(given) ?? false);
    case "int":
      return given && /^-?\d+$/.test(given) ? Number(given) : flag.value;
    case "slice":
      return given ? given.split(",").map((one) => one.trim()) : (flag.value ?? []);
    case "string":
      return given || (flag.value ?? "");
  }
}

/** What Go's ParseBool takes; undefined for anything else. */
export function boolOf(text: string): boolean | undefined {
  if (["1", "t", "T", "TRUE", "true", "True"].includes(text)) return true;
  return ["0", "f", "F", "FALSE", "false", "False"].includes(text) ? false : undefined;
}
