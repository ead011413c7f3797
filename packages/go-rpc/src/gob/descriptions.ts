import { type GobRecord, type GobType, type GobValue, int, type Struct, slice, string, struct } from "./types.ts";

/** How a type is described on the wire: gob describes itself with these. */
const common = struct("CommonType", { Name: string, Id: int });
const field = struct("fieldType", { Name: string, Id: int });
const self = struct("gobEncoderType", { CommonType: common });

/** Of its fields one is set. */
export const wireType: Struct = struct("wireType", {
  ArrayT: struct("ArrayType", { CommonType: common, Elem: int, Len: int }),
  SliceT: struct("SliceType", { CommonType: common, Elem: int }),
  StructT: struct("StructType", { CommonType: common, Field: slice(field) }),
  MapT: struct("MapType", { CommonType: common, Key: int, Elem: int }),
  GobEncoderT: self,
  BinaryMarshalerT: self,
  TextMarshalerT: self,
});

/** The description of a type, given the ids of the ones it is made of. */
export function describe(type: GobType, id: number, idOf: (type: GobType) => number): GobRecord {
  const named = (name: string): GobRecord => ({ Name: name, Id: id });
  switch (type.kind) {
    case "struct": {
      const fields = type.fields.map((each): GobRecord => ({ Name: each.name, Id: idOf(each.type) }));
      return { StructT: { CommonType: named(type.name), Field: fields } };
    }
    case "slice":
      return { SliceT: { CommonType: named(type.name), Elem: idOf(type.element) } };
    case "array":
      return { ArrayT: { CommonType: named(type.name), Elem: idOf(type.element), Len: type.length } };
    case "map":
      return { MapT: { CommonType: named(type.name), Key: idOf(type.key), Elem: idOf(type.element) } };
    default:
      throw new TypeError(`${type.kind} needs no description`);
  }
}

/** The types that one is made of, in the order in which gob describes them. */
export function partsOf(type: GobType): readonly GobType[] {
  switch (type.kind) {
    case "struct":
      return type.fields.map((each) => each.type);
    case "slice":
    case "array":
      return [type.element];
    case "map":
      return [type.key, type.element];
    default:
      return [];
  }
}

/** A description as it was read; undefined for one that says nothing. */
export type Description =
  | { readonly kind: "struct"; readonly name: string; readonly fields: readonly { name: string; id: number }[] }
  | { readonly kind: "slice"; readonly name: string; readonly element: number }
  | { readonly kind: "array"; readonly name: string; readonly element: number; readonly length: number }
  | { readonly kind: "map"; readonly name: string; readonly key: number; readonly element: number }
  | { readonly kind: "self" };

export function readDescription(value: GobRecord): Description | undefined {
  const { ArrayT, SliceT, StructT, MapT } = value as { readonly [kind: string]: GobRecord | undefined };
  const nameOf = (each: GobRecord) => String((each.CommonType as GobRecord | undefined)?.Name ?? "");
  if (StructT !== undefined) {
    const fields = ((StructT.Field ?? []) as readonly GobRecord[]).map((each) => ({
      name: String(each.Name ?? ""),
      id: idIn(each.Id),
    }));
    return { kind: "struct", name: nameOf(StructT), fields };
  }
  if (SliceT !== undefined) return { kind: "slice", name: nameOf(SliceT), element: idIn(SliceT.Elem) };
  if (ArrayT !== undefined)
    return { kind: "array", name: nameOf(ArrayT), element: idIn(ArrayT.Elem), length: idIn(ArrayT.Len) };
  if (MapT !== undefined) return { kind: "map", name: nameOf(MapT), key: idIn(MapT.Key), element: idIn(MapT.Elem) };
  return ["GobEncoderT", "BinaryMarshalerT", "TextMarshalerT"].some((name) => value[name] !== undefined)
    ? { kind: "self" }
    : undefined;
}

/** What is left out is zero, and zero is no type. */
const idIn = (value: GobValue | undefined): number => Number(value ?? 0);
