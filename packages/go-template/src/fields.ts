import { isMap, Numeral, Struct, typeName, type Value } from "./values.ts";

/** A value on its way. `boxed`: it came out of a map or list, whose elements are `interface {}` to Go until they are used. */
export interface Held {
  readonly value: Value;
  readonly boxed?: true;
}

export const nothing: Held = { value: undefined };

/** A field of a value, as Go finds it: what a map does not have is nothing, what a struct does not have is a mistake. */
export function evalField(
  { value, boxed }: Held,
  name: string,
  hasArguments: boolean,
  fail: (message: string) => never,
): Held {
  if (value === undefined) return { value: undefined };
  const type = boxed ? "interface {}" : typeName(value);
  if (value === null) return fail(`nil pointer evaluating ${type}.${name}`);
  if (value instanceof Struct) {
    if (value.names !== undefined && !value.names.includes(name))
      return fail(`can't evaluate field ${name} in type ${value.type}`);
    if (value.fields === undefined) return fail(`nil pointer evaluating ${value.type}.${name}`);
    if (!value.fields.has(name)) return fail(`can't evaluate field ${name} in type ${value.type}`);
    if (hasArguments) return fail(`${name} has arguments but cannot be invoked as function`);
    return { value: value.fields.get(name) };
  }
  if (value instanceof Numeral && (name === "String" || Object.hasOwn(value.methods, name))) {
    if (hasArguments) return fail(`wrong number of args for ${name}: want 0 got 1`);
    return { value: name === "String" ? value.text : value.methods[name] };
  }
  if (!isMap(value)) return fail(`can't evaluate field ${name} in type ${type}`);
  if (hasArguments) return fail(`${name} is not a method but has arguments`);
  return Object.hasOwn(value, name) ? { value: value[name], boxed: true } : { value: undefined };
}
