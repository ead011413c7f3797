import type { EC2 } from "@aws-sdk/client-ec2";
import { type Clock, type DriverContext, MachinistError, retry, systemClock } from "@machinist/core";
import { RateLimiter } from "@machinist/requests";
import { readStrictly } from "./answer.ts";
import { explained } from "./errors.ts";
import type { ProviderEndpoint } from "./provider-endpoint.ts";

/** Sends one request: `ask((ec2, options) => ec2.describeVpcs({}, options))`. */
export type Ask = <T>(work: (ec2: EC2, options: { abortSignal: AbortSignal }) => Promise<T>) => Promise<T>;

/** Below what EC2 allows an account for calls that change something: a burst, then so many a second. */
const limits = { burst: 100, perSecond: 10, reserve: 20 };

interface Connection {
  readonly ec2: Promise<EC2>;
  readonly budget: RateLimiter;
  account?: Promise<string>;
}

/** How often a request is sent that is refused because there were too many. */
const maxAttempts = 6;

/** Every request to EC2: one client and one budget for each {@link ProviderEndpoint}, shared by all who ask. */
export class Account {
  readonly clock: Clock;
  readonly #env: DriverContext["env"];
  readonly #places = new Map<string, Connection>();

  constructor({ env, clock = systemClock }: DriverContext) {
    this.#env = env;
    this.clock = clock;
  }

  /** How to send requests to a place. `urgent` ones go before others: what deletes. */
  at(place: ProviderEndpoint, signal: AbortSignal, urgent = false): Ask {
    const { ec2, budget } = this.#at(place);
    return async (work) => {
      const client = await ec2;
      // What is absent in another account is not gone, and a removal there would be none.
      const account = place.account === "" ? "" : await this.#accountOf(place);
      if (account !== place.account)
        throw new MachinistError(
          "amazonec2.other-account",
          `This was made in account ${place.account}; the AWS credentials are of ${account || "another"}`,
          { hint: "Set AWS_PROFILE, or the credentials, to those of its account" },
        );
      for (let attempt = 1; ; attempt++) {
        try {
          // A signal for each request: the SDK never takes its listeners off again.
          const abortSignal = AbortSignal.any([signal]);
          return await budget.run(() => work(client, { abortSignal }), { signal: abortSignal, urgent });
        } catch (thrown) {
          const error = explained(thrown, place, signal);
          if (error.code !== "amazonec2.throttled") throw error;
          budget.throttled(error);
          // What was refused so has had no effect: it is sent again when everybody has waited.
          if (attempt === maxAttempts) throw error;
        }
      }
    };
  }

  /** The place with the number of the account that the credentials at hand are of. */
  here = async (place: ProviderEndpoint): Promise<ProviderEndpoint> => ({
    ...place,
    account: await this.#accountOf(place),
  });

  /** Told by the owner of any security group: each VPC has one. Empty where there is none. */
  #accountOf(place: ProviderEndpoint): Promise<string> {
    const connection = this.#at(place);
    const signal = AbortSignal.timeout(300_000);
    const ask = this.at({ ...place, account: "" }, signal);
    connection.account ??= retry(() => ask((ec2, o) => ec2.describeSecurityGroups({ MaxResults: 5 }, o)), {
      clock: this.clock,
      signal,
    }).then(({ SecurityGroups: [group] = [] }) => group?.OwnerId ?? "");
    connection.account.catch(() => delete connection.account);
    return connection.account;
  }

  #at(place: ProviderEndpoint): Connection {
    const key = JSON.stringify([place.region, place.endpoint]);
    let known = this.#places.get(key);
    if (!known) {
      known = { ec2: connect(place, this.#env), budget: new RateLimiter({ ...limits, clock: this.clock }) };
      known.ec2.catch(() => this.#places.delete(key));
      this.#places.set(key, known);
    }
    return known;
  }
}

/** The SDK is large, so it is loaded by the first request and not by whoever asks for help. */
async function connect({ region, endpoint }: ProviderEndpoint, env: DriverContext["env"]): Promise<EC2> {
  process.env.AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED ??= "true"; // a library prints nothing
  const { EC2: Client } = await import("@aws-sdk/client-ec2");
  const { AWS_ACCESS_KEY_ID: accessKeyId, AWS_SECRET_ACCESS_KEY: secretAccessKey, AWS_SESSION_TOKEN: token } = env;
  const profile = env.AWS_PROFILE ?? "";
  const client = new Client({
    region,
    maxAttempts: 1, // the reconciler retries, and the budget makes everybody wait
    requestHandler: { connectionTimeout: 10_000, requestTimeout: 60_000, throwOnRequestTimeout: true },
    ...(endpoint === "" ? {} : { endpoint }),
    ...(profile === "" ? {} : { profile }),
    ...(accessKeyId && secretAccessKey
      ? { credentials: { accessKeyId, secretAccessKey, ...(token ? { sessionToken: token } : {}) } }
      : {}),
  });
  return readStrictly(client);
}
