import { MachinistError } from "@machinist/core";
import { readDaemonJson, refuseFlagKeys } from "./config/daemon-json.ts";
import { keyOfFlag } from "./config/dockerd-flags.ts";
import { installs } from "./effect.ts";
import { daemonKeys, type EngineProps } from "./engine-props.ts";
import type { EngineState } from "./engine-state.ts";

/**
 * Why a host cannot become as wanted, known before anything is changed: `provision.unit`, `provision.daemon-json`,
 * `provision.live-restore`, `provision.version`.
 */
export function refusal(state: EngineState, props: EngineProps): MachinistError | undefined {
  const { machine, version } = props;
  if (state.swarm && props.options?.["live-restore"] === true)
    return new MachinistError(
      "provision.live-restore",
      `${machine} is a node of a Swarm, where Docker does not start with live-restore`,
      { hint: "Take live-restore out of engine.options. Nothing was changed." },
    );
  if (props.install === "none" && installs(state, props))
    return new MachinistError("provision.version", `${machine} has Docker ${state.version}, not ${version}`, {
      hint: "Leave `engine.version` out, or choose another `engine.install` than none. Nothing was changed.",
    });
  if (state.unitProblem)
    return new MachinistError("provision.unit", state.unitProblem.message, { hint: state.unitProblem.hint });
  const twice = (state.flags ?? []).filter((flag) =>
    [...Object.keys(daemonKeys(props)), "labels"].includes(keyOfFlag(flag)),
  );
  if (twice.length > 0) return saidTwice(twice);
  return state.daemonProblem === ""
    ? undefined
    : new MachinistError("provision.daemon-json", state.daemonProblem, {
        hint: "Correct /etc/docker/daemon.json on the host. Nothing was changed.",
      });
}

const saidTwice = (flags: readonly string[]): MachinistError =>
  new MachinistError(
    "provision.unit",
    `dockerd on the host is started with ${flags.map((flag) => `--${flag}`).join(", ")}, and would find the same in /etc/docker/daemon.json`,
    {
      hint: "Move what the flag says to /etc/docker/daemon.json, or leave the option out here (see systemctl cat docker). Nothing was changed.",
    },
  );

/** The text of a host's daemon.json, if ours can be laid over it. Throws `provision.daemon-json`. */
export const checkDaemonJson = (text: string | undefined): void => refuseFlagKeys(readDaemonJson(text));
