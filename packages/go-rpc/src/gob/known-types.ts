import { type Description, readDescription } from "./descriptions.ts";
import { malformed, tooLarge } from "./failure.ts";
import { basicIds, bytes, FIRST_ID, type GobRecord, type GobType } from "./types.ts";

/** More than any program has of its own. */
const MOST_TYPES = 1000;

/** The types that a stream has described so far. */
export class KnownTypes {
  readonly #descriptions = new Map<number, Description>();
  readonly #types = new Map<number, GobType>(basicIds);

  /** What the stream calls each type of which it sent a value. */
  get ids(): ReadonlyMap<GobType, number> {
    // What encodes itself is read as bytes, which have an id of their own: the first counts.
    return new Map([...this.#types].reverse().map(([id, type]) => [type, id]));
  }

  /** Throws `gob.malformed` for a description that says nothing, or one of what is known. */
  describe(id: number, value: GobRecord): void {
    const description = readDescription(value);
    if (description === undefined) throw malformed(`a description of type ${id} without a word`);
    if (id < FIRST_ID || this.#descriptions.has(id)) throw malformed(`a second description of type ${id}`);
    if (this.#descriptions.size === MOST_TYPES) throw tooLarge("descriptions of types", MOST_TYPES);
    this.#descriptions.set(id, description);
  }

  /** Throws `gob.malformed` for what was never described. */
  get(id: number): GobType {
    const known = this.#types.get(id);
    if (known !== undefined) return known;
    const description = this.#descriptions.get(id);
    if (description === undefined) throw malformed(`a value of the type ${id}, which it never described`);
    return this.#resolve(id, description);
  }

  /** A type may be a part of itself, so it is known before its parts are. */
  #resolve(id: number, description: Description): GobType {
    const { kind } = description;
    if (kind === "self") return this.#remember(id, bytes);
    const { name } = description;
    const type: Record<string, unknown> = { kind, name };
    this.#remember(id, type as unknown as GobType);
    if (kind === "struct")
      type.fields = description.fields.map((field) => ({ name: field.name, type: this.get(field.id) }));
    else type.element = this.get(description.element);
    if (kind === "map") type.key = this.get(description.key);
    if (kind === "array") type.length = description.length;
    return type as unknown as GobType;
  }

  #remember(id: number, type: GobType): GobType {
    this.#types.set(id, type);
    return type;
  }
}
