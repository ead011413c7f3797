import { same } from "../said.ts";
import type { Fact } from "./facts.ts";
import type { Line } from "./generate.ts";
import { type Answer, Setting } from "./setting.ts";

/** These work on all machines that are named at once: whose line comes first is up to chance. */
const atOnce = /^(ip|kill|provision|regenerate-certs|restart|start|stop|upgrade)$/;

/** What a docker-machine 0.16.2, the program of this path, answers to each line; those left out have no one answer. */
export async function askTheOriginal(file: string, lines: readonly Line[]): Promise<{ facts: Fact[]; left: string[] }> {
  const setting = await Setting.open({ argv: ["docker-machine"], file });
  const facts: Fact[] = [];
  const left: string[] = [];
  try {
    for (const line of lines) {
      try {
        const [once, again] = [await setting.run(line), await setting.run(line)];
        const varies = line.args.some((word) => atOnce.test(word));
        if (!same(once, again, varies)) throw new Error(`once ${JSON.stringify(once)}, then ${JSON.stringify(again)}`);
        facts.push({ line, answer: inOldWords(once), varies });
      } catch (thrown) {
        left.push(`${JSON.stringify(line)}: ${(thrown as Error).message}`);
      }
    }
  } finally {
    await setting.close();
  }
  // One that was built without its VirtualBox driver, which is the default, says so.
  const built = facts.filter(({ answer }) => !answer.stderr.includes("dial tcp: missing address"));
  return { facts: built, left };
}

/** The words of the Go that docker-machine was built with, where a later one names types. */
const inOldWords = (answer: Answer): Answer => ({
  ...answer,
  stderr: answer.stderr.replace(/(: incompatible types for comparison): \S.* and \S.*$/m, "$1"),
});
