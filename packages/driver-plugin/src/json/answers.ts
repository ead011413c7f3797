import { type Data, type MachineState, MachinistError, type OwnedResource, type Price, shape } from "@machinist/core";
import type { ObservedResource } from "./protocol.ts";

const { isData, number, shaped, text } = shape;

/** More than any account holds. */
const MOST_OBJECTS = 100_000;

/** What a driver answered, once it is what the protocol has in its place. Throws `plugin.protocol`. */
export class Answers {
  readonly #driver: string;

  constructor(driver: string) {
    this.#driver = driver;
  }

  /** Of `read`, `create` and `update`. */
  seen(method: string, answer: unknown): ObservedResource {
    if (!isData(answer) || !isData(answer.state)) throw this.#wrong(method);
    const { endpoint, engineUrl } = answer;
    if (endpoint !== undefined && endpoint !== null && !isData(endpoint)) throw this.#wrong(method);
    if (engineUrl !== undefined && engineUrl !== null && typeof engineUrl !== "string") throw this.#wrong(method);
    return answer as unknown as ObservedResource;
  }

  status(answer: unknown): MachineState {
    return states.find((each) => each === answer) ?? "unknown";
  }

  price(answer: unknown): Price | undefined {
    if (answer === null || answer === undefined) return undefined;
    const price = shaped(answer, priceShape, () => this.#wrong("price"));
    if (["hourly", "currency", "source", "asOf"].some((key) => price[key] === undefined)) throw this.#wrong("price");
    return price as unknown as Price;
  }

  objects(answer: unknown): OwnedResource[] {
    if (!Array.isArray(answer) || answer.length > MOST_OBJECTS) throw this.#wrong("listOwned");
    return answer.map((each: unknown) => {
      const { fleet = "", label, ...object } = shaped(each, objectShape, () => this.#wrong("listOwned"));
      if (object.kind === undefined || object.owner === undefined || object.state === undefined)
        throw this.#wrong("listOwned");
      return {
        ...object,
        fleet,
        label: label ?? object.owner,
        state: { state: object.state as Data },
      } as unknown as OwnedResource;
    });
  }

  #wrong(method: string): MachinistError {
    return new MachinistError(
      "plugin.protocol",
      `The program of driver ${this.#driver} answered ${method} with something else than the protocol has`,
      { hint: "Ask whoever maintains the driver" },
    );
  }
}

const states: readonly MachineState[] = [
  ...(["running", "stopped", "paused", "saved", "starting"] as const),
  ...(["stopping", "error", "missing", "unknown"] as const),
];

const priceShape = {
  hourly: number(0, 1e9),
  monthly: number(0, 1e12),
  currency: text(20),
  source: text(200),
  asOf: text(50),
};

const objectShape = {
  kind: text(200),
  owner: text(200),
  fleet: text(200),
  label: text(500),
  state: isData,
  createdAt: number(0, 1e15),
};
