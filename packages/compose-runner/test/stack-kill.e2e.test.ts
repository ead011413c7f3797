import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { unavailable } from "@machinist/lab";
import { afterAll, beforeAll, expect, it } from "vitest";
import { describeUnless } from "../../../test/skipped.ts";
import { composeResourceTypes, planStack } from "../src/index.ts";
import { READ_STACK } from "../src/stack-scripts.ts";
import { Hand } from "./calls.ts";
import { killedHosts, type Moment } from "./killed.ts";
import { type SwarmLab, startSwarm } from "./swarm-lab.ts";

/** How many moments: as many as there is time for before each commit. There are about thirty. */
const most = Number(process.env.MACHINIST_KILLS ?? 4);

describeUnless(unavailable(), "a stack whose update is killed", () => {
  let lab: SwarmLab;
  const hand = new Hand("e2e-kill");
  /** What is asked, but of the looks only one: in the middle of the wait. */
  const counting = (asked: (what: string) => void = () => {}) => {
    let looks = 0;
    return (what: string): boolean => {
      const counted = what !== READ_STACK || ++looks === 4;
      if (counted) asked(what);
      return counted;
    };
  };
  const kindOver = (moment?: Moment, asked?: (what: string) => void) =>
    composeResourceTypes({
      hosts: killedHosts(lab.pool, { ...(moment && { moment }), counts: counting(asked) }),
      ...{ manager: async () => ["h1"], env: {} },
    })["swarm.stack"]!;
  const sh = (command: string) => lab.sh("h1", command);

  beforeAll(async () => {
    lab = await startSwarm(1);
  });
  afterAll(() => lab?.dispose());

  const planned = async (text: string) => {
    const file = join(lab.folder, "stack.yaml");
    const service = `{ image: busybox, command: ["sleep", "1000"], stop_grace_period: 0s, environment: { V: "${text}" }, configs: [page], secrets: [token] }`;
    await writeFile(
      file,
      `version: "3.8"\nservices: { web: ${service} }\nconfigs: { page: { file: ./page } }\nsecrets: { token: { file: ./token } }\n`,
    );
    await writeFile(join(lab.folder, "page"), `page ${text}`);
    await writeFile(join(lab.folder, "token"), `token ${text}`);
    return planStack({ name: "kill", files: [file], steadyMs: 1_000 }, lab.fleet, {});
  };

  /** The moments of an update, or some of them, evenly. */
  const moments = async (): Promise<Moment[]> => {
    const asked: string[] = [];
    await hand.create(kindOver(), await planned("first"));
    await hand.update(
      kindOver(undefined, (what) => asked.push(what)),
      await planned("second"),
      ["digest"],
    );
    const all = asked.flatMap((_, at) => (["before", "during", "after"] as const).map((how) => ({ at, how })));
    const count = Math.min(most, all.length);
    return Array.from({ length: count }, (_, index) => all[Math.floor(((index + 0.5) * all.length) / count)]!);
  };

  it("ends as if it had not been, whenever that was, with nothing left of the old", {
    timeout: 45 * 60_000,
  }, async () => {
    const filter = "--filter label=com.docker.stack.namespace=kill";
    const chosen = await moments();
    let killed = 0;
    for (const [index, moment] of chosen.entries()) {
      const text = `round ${index}`;
      const resource = await planned(text);
      const call = { ...hand.call(resource), state: hand.states[resource.id], changed: ["digest"] };
      const cut = await Promise.resolve(kindOver(moment).update?.(call)).then(
        () => undefined,
        (error: Error) => error.message,
      );
      if (cut === "killed") killed++;
      else expect(cut).toBeUndefined();
      await hand.read(kindOver(), resource);
      await hand.update(kindOver(), resource, ["digest"]);
      const where = `killed ${moment.how} request ${moment.at}`;
      const names = `for t in config secret; do docker $t ls ${filter} --format {{.Name}}; done | sed 's/-[0-9a-f]*$//'`;
      expect(await sh(names), where).toBe("kill_page\nkill_token");
      expect(await sh("docker config ls --filter label=machinist.stack=kill -q | wc -l"), where).toBe("1");
      const inTask = `docker exec $(docker ps -q ${filter}) sh -c 'cat /page /run/secrets/token; echo $V'`;
      expect(await sh(inTask), where).toBe(`page ${text}token ${text}${text}`);
      expect(await sh("ls /run/machinist-stacks"), where).toBe("");
      expect(kindOver().drift?.((await hand.read(kindOver(), resource))!, resource.props), where).toEqual([]);
    }
    console.log(`${killed} of ${chosen.length} updates of a stack were killed`);
    expect(killed).toBe(chosen.length);
    const last = await planned(`round ${chosen.length - 1}`);
    await hand.delete(kindOver(), last);
    expect(await sh("docker config ls -q; docker secret ls -q; docker service ls -q")).toBe("");
  });
});
