import { readFlags, schemaOf } from "../../../packages/driver-plugin/src/go/flags.ts";
import { withoutSecrets, withSecrets } from "../../../packages/driver-plugin/src/go/secrets.ts";
import type { Session } from "../../../packages/driver-plugin/src/go/session.ts";
import { doingIn, waysIn } from "../../../packages/driver-plugin/src/go/state.ts";
import { anything, Boxed, GobDecoder, type GobValue } from "../../../packages/go-rpc/src/index.ts";
import { bytesOf, sessions } from "../../../packages/go-rpc/test/capture.ts";
import type { Door } from "../door.ts";
import { mutated, mutatedBytes, mutatedJson } from "../mutate.ts";

const conversations = [...sessions.values()].map((messages) => Buffer.concat(messages.map(bytesOf)).subarray(0, 3000));

export const gob: Door = {
  name: "gob",
  part: 10,
  input: (random) => mutatedBytes(random.pick(conversations), random).toString("hex"),
  take(input) {
    const bytes = Buffer.from(input as string, "hex");
    const decoder = new GobDecoder();
    for (let at = 0; at < bytes.length; at += 97) decoder.push(bytes.subarray(at, at + 97));
  },
};

const flag = { Name: "odd-size", Usage: "Size", EnvVar: "ODD_SIZE", Value: "small" };
const told = {
  flags: ["StringFlag", "IntFlag", "BoolFlag", "StringSliceFlag"].map((sort) => ({ sort: `mcnflag.${sort}`, ...flag })),
  config: { MachineName: "web", StorePath: "/s", Token: "${secret:token}", IPAddress: "192.0.2.7" },
  state: 1,
  host: "192.0.2.7",
};

/** What a plugin of docker-machine answers, whatever is in it. */
export const plugins: Door = {
  name: "plugins of docker-machine",
  part: 5,
  input: (random) => ({ told: mutated(told, random), config: mutatedJson(told.config, random) }),
  async take(input) {
    const { told: answer, config } = input as { told: Partial<typeof told> | null; config: string };
    const flags = (Array.isArray(answer?.flags) ? answer.flags : [answer?.flags]) as unknown[];
    const boxed = flags.map((each) =>
      typeof each === "object" && each !== null && typeof (each as { sort?: unknown }).sort === "string"
        ? new Boxed((each as { sort: string }).sort, anything, each as GobValue)
        : (each as GobValue),
    );
    schemaOf("odd", readFlags("odd", boxed as GobValue));
    const session = {
      ask: async (method: string) => (method === "GetState" ? answer?.state : answer?.host) as GobValue,
    } as unknown as Session;
    await doingIn(session);
    await waysIn(session);
    withSecrets(withoutSecrets(config, [["token", "s3cret"]]), { token: "s3cret" }, { token: "ODD_TOKEN" });
  },
};
