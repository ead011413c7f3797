import { existsSync, readFileSync } from "node:fs";
import { Agent, request } from "node:https";
import { join } from "node:path";

/** @typedef {{ Slot: number, NodeID?: string, DesiredState: string, Status: { State: string } }} Task */
/** @typedef {{ ID: string, Description?: { Hostname?: string }, Spec: { Role: string, Availability: string }, Status: { State: string } }} Node */
/** One look at a Swarm. `undefined`: no manager that was asked answered as one. @typedef {{ running: number, away: string[], managers: number, told: string }} Look */

/** Asks the engine of a machine of a store, over TLS. @param {string} folder of the machine @param {string} path @returns {Promise<any>} */
export function askEngine(folder, path, timeoutMs = 3000) {
  const record = JSON.parse(readFileSync(join(folder, "record.json"), "utf8"));
  const url = new URL(String(record.resources[`${record.scope}/engine`]?.state?.url).replace("tcp:", "https:"));
  const [ca, cert, key] = ["ca", "cert", "key"].map((name) => readFileSync(join(folder, `${name}.pem`)));
  const agent = new Agent({ ca, cert, key });
  return new Promise((resolve, reject) => {
    const sent = request({ host: url.hostname, port: url.port, path, agent, timeout: timeoutMs }, (answer) => {
      let text = "";
      answer.on("data", (part) => (text += part));
      answer.on("end", () =>
        answer.statusCode === 200 ? resolve(JSON.parse(text)) : reject(new Error(`${answer.statusCode}: ${text}`)),
      );
    });
    sent.on("timeout", () => sent.destroy(new Error("no answer")));
    sent.on("error", reject);
    sent.end();
  });
}

/**
 * Looks at a service and the nodes of a Swarm all the time, through whichever manager answers, and notes the worst: the
 * fewest tasks that ran, the most nodes out of service, the longest time without a leader.
 */
export class SwarmWatch {
  fewest = Number.POSITIVE_INFINITY;
  mostAway = 0;
  blindMs = 0;
  looks = 0;
  /** What was seen when the fewest tasks ran. */
  worst = "";
  #on = true;
  #paused = true;
  #seenAt = 0;

  /** @param {string} store @param {readonly string[]} managers machines that may answer, in this order @param {string} service */
  constructor(store, managers, service) {
    this.machines = join(store, "machines");
    this.folders = managers.map((name) => join(this.machines, name));
    this.service = service;
    this.ended = this.#run();
  }

  /** Watch from now on, with nothing noted yet. */
  begin() {
    this.fewest = Number.POSITIVE_INFINITY;
    this.mostAway = 0;
    this.blindMs = 0;
    this.looks = 0;
    this.#seenAt = performance.now();
    this.#paused = false;
  }

  pause() {
    this.#paused = true;
  }

  stop() {
    this.#on = false;
    return this.ended;
  }

  async #run() {
    while (this.#on) {
      if (!this.#paused) await this.#look();
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
  }

  async #look() {
    const found = await this.once();
    if (this.#paused) return;
    this.blindMs = Math.max(this.blindMs, performance.now() - this.#seenAt);
    if (found === undefined) return;
    this.#seenAt = performance.now();
    this.looks++;
    if (found.running < this.fewest) this.worst = found.told;
    this.fewest = Math.min(this.fewest, found.running);
    this.mostAway = Math.max(this.mostAway, found.away.length);
  }

  /**
   * One that waits for its turn to go takes no new tasks (pause), but serves. A manager that was just restarted takes nodes for
   * unknown, and on a busy computer for down, until they report again: then they are asked themselves.
   * @param {Node} node
   */
  async #isAway({ ID, Description, Spec, Status }) {
    if (Spec.Availability === "drain") return true;
    if (Status.State !== "down") return false;
    const folder = join(this.machines, Description?.Hostname ?? "");
    const info = await askEngine(folder, "/info").catch(() => undefined);
    return info?.Swarm?.NodeID !== ID || info.Swarm.LocalNodeState !== "active";
  }

  /** @returns {Promise<Look | undefined>} */
  async once() {
    for (const folder of this.folders.filter((each) => existsSync(join(each, "record.json")))) {
      const filters = encodeURIComponent(JSON.stringify({ service: [this.service] }));
      const [tasks, nodes] = await Promise.all(
        [`/tasks?filters=${filters}`, "/nodes"].map((path) => askEngine(folder, path).catch(() => undefined)),
      );
      if (tasks === undefined || nodes === undefined) continue;
      /** @type {Task[]} */
      const running = tasks;
      /** @type {Node[]} */
      const known = nodes;
      const out = await Promise.all(known.map((node) => this.#isAway(node)));
      return {
        running: running.filter((task) => task.Status.State === "running").length,
        away: known.flatMap(({ ID }, index) => (out[index] ? [ID] : [])),
        managers: known.filter(({ Spec }) => Spec.Role === "manager").length,
        told: [
          ...known.map(({ ID, Spec, Status }) => `${ID.slice(0, 4)}: ${Status.State}, ${Spec.Availability}`),
          ...running.map(
            (task) => `${task.Slot} on ${task.NodeID?.slice(0, 4)}: ${task.DesiredState}/${task.Status.State}`,
          ),
        ].join("; "),
      };
    }
    return undefined;
  }
}
