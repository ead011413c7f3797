import type { EC2 } from "@aws-sdk/client-ec2";
import { type Clock, type DriverContext, systemClock } from "@machinist/core";
import { Budget } from "@machinist/requests";
import { explained } from "./errors.ts";

/** Which API is spoken to, and as whom. Part of every object's props and state. */
export type Place = { region: string; endpoint: string };

/** Sends one request: `ask((ec2, options) => ec2.describeVpcs({}, options))`. */
export type Ask = <T>(work: (ec2: EC2, options: { abortSignal: AbortSignal }) => Promise<T>) => Promise<T>;

/** Below what EC2 allows an account for calls that change something: a burst, then so many a second. */
const limits = { burst: 100, perSecond: 10, reserve: 20 };

/** How often a request is sent that is refused because there were too many. */
const patience = 6;

/** Every request to EC2: one client and one budget for each {@link Place}, shared by all who ask. */
export class Account {
  readonly clock: Clock;
  readonly #env: DriverContext["env"];
  readonly #places = new Map<string, { readonly ec2: Promise<EC2>; readonly budget: Budget }>();

  constructor({ env, clock = systemClock }: DriverContext) {
    this.#env = env;
    this.clock = clock;
  }

  /** How to send requests to a place. `urgent` ones go before others: what deletes. */
  at(place: Place, signal: AbortSignal, urgent = false): Ask {
    const { ec2, budget } = this.#at(place);
    return async (work) => {
      const client = await ec2;
      for (let attempt = 1; ; attempt++) {
        try {
          return await budget.run(() => work(client, { abortSignal: signal }), { signal, urgent });
        } catch (thrown) {
          const error = explained(thrown, place, signal);
          if (error.code !== "amazonec2.throttled") throw error;
          budget.throttled(error);
          // What was refused so has had no effect: it is sent again when everybody has waited.
          if (attempt === patience) throw error;
        }
      }
    };
  }

  #at(place: Place) {
    const key = JSON.stringify([place.region, place.endpoint]);
    let known = this.#places.get(key);
    if (!known) {
      known = { ec2: connect(place, this.#env), budget: new Budget({ ...limits, clock: this.clock }) };
      known.ec2.catch(() => this.#places.delete(key));
      this.#places.set(key, known);
    }
    return known;
  }
}

/** The SDK is large, so it is loaded by the first request and not by whoever asks for help. */
async function connect({ region, endpoint }: Place, env: DriverContext["env"]): Promise<EC2> {
  process.env.AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED ??= "true"; // a library prints nothing
  const { EC2: Client } = await import("@aws-sdk/client-ec2");
  const { AWS_ACCESS_KEY_ID: accessKeyId, AWS_SECRET_ACCESS_KEY: secretAccessKey, AWS_SESSION_TOKEN: token } = env;
  const profile = env.AWS_PROFILE ?? "";
  return new Client({
    region,
    maxAttempts: 1, // the loop retries, and the budget makes everybody wait
    requestHandler: { connectionTimeout: 10_000, requestTimeout: 60_000, throwOnRequestTimeout: true },
    ...(endpoint === "" ? {} : { endpoint }),
    ...(profile === "" ? {} : { profile }),
    ...(accessKeyId && secretAccessKey
      ? { credentials: { accessKeyId, secretAccessKey, ...(token ? { sessionToken: token } : {}) } }
      : {}),
  });
}
