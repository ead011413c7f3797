import { type Call, MachinistError } from "@machinist/core";
import { bundle } from "./config/entry.ts";
import { takenBack } from "./config/taken-back.ts";
import type { EngineProps } from "./engine-props.ts";
import { APPLY_SCRIPT } from "./host/apply-script.ts";
import type { Facts } from "./host/facts.ts";
import { STILL_LOCKED, stillLocked } from "./host/failure.ts";
import type { Reach } from "./host/reach.ts";

/**
 * Take back what we configured on a host that stays. What runs there is its owner's: it runs on, and where a restart of
 * Docker would end it there is none.
 */
export async function letGo(call: Call<EngineProps>, reach: Reach, facts: Facts): Promise<void> {
  const put = async (how: "keep" | "spare" | "restart") => {
    const { entries, action, told, notes } = takenBack(facts, how);
    const script = [
      "sh",
      "-c",
      APPLY_SCRIPT,
      "machinist",
      action,
      facts.init,
      facts.dockerd ?? "",
      told,
      facts.active ? "hold" : "",
    ];
    const output = await reach.run(script, { stdin: bundle(entries), timeoutMs: 300_000 });
    return { ...output, notes };
  };
  const first = !facts.containers ? "restart" : facts.swarm ? "spare" : "keep";
  let output = await put(first);
  if (output.code === STILL_LOCKED) throw stillLocked(call.props.machine);
  const restarted = first !== "spare" && output.code === 0;
  if (output.code !== 0) output = await put("spare");
  if (output.code !== 0) throw notRemoved(call.props.machine, output.stderr);
  for (const note of output.notes) call.log(note, "warn");
  tell(call, facts, restarted);
}

function tell({ props, log }: Call<EngineProps>, { active, swarm, containers }: Facts, restarted: boolean): void {
  const { machine, port } = props;
  log(
    `Docker stays on ${machine} with its containers, images and volumes, and so does the hostname; what machinist configured is taken back`,
    "info",
  );
  if (!active || restarted) return;
  const why = swarm && containers ? ", which would end the containers of its Swarm" : "";
  log(
    `Docker on ${machine} goes on listening on port ${port}, for this store's clients alone, until it restarts${why}`,
    "warn",
  );
}

const notRemoved = (machine: string, cause: string): MachinistError =>
  new MachinistError("provision.remove", `What machinist wrote on ${machine} could not be removed`, {
    cause: cause.trim(),
    hint: "Remove /etc/docker/machinist.json and the drop-in zz-machinist.conf there by hand.",
  });
