import { type Fields, Numeral, Struct } from "@machinist/go-template";
import { type EngineOptions, zeroEngine, zeroSwarm } from "@machinist/machine-config";
import type { Item } from "./item.ts";

/** A row as templates see it: docker-machine's own struct, which complains of fields that it does not have. */
export function structOf(item: Item): Struct {
  return new Struct("commands.HostListItem", {
    ...item,
    State: new Numeral("state.State", BigInt(Math.max(0, states.indexOf(item.State))), item.State),
    SwarmOptions: pointer("swarm.Options", item.SwarmOptions, zeroSwarm),
    EngineOptions: pointer("engine.Options", item.EngineOptions && goNames(item.EngineOptions), goNames(zeroEngine)),
    ResponseTime: duration(item.ResponseTime),
  });
}

/** `zero`: what has the same fields, for a row that has no options. */
const pointer = (type: string, options: object | undefined, zero: object): Struct =>
  new Struct(type, fieldsOf(options), { pointer: true, names: Object.keys(zero) });

/** To Go a list that is not there is an empty one. */
const fieldsOf = (options: object | undefined): Fields | undefined =>
  options && Object.fromEntries(Object.entries(options).map(([key, value]) => [key, value ?? []]));

/** Two fields have other names in the file than in the program. */
const goNames = (options: EngineOptions): object =>
  Object.fromEntries(Object.entries(options).map(([name, value]) => [inGo[name] ?? name, value]));
const inGo: Readonly<Record<string, string>> = { Dns: "DNS", TlsVerify: "TLSVerify" };

/** docker-machine's numbers of them. */
const states = ["", "Running", "Paused", "Saved", "Stopped", "Stopping", "Starting", "Error", "Timeout"];

/** To Go a duration is a number of nanoseconds. */
const duration = (ms: number): Numeral =>
  new Numeral("time.Duration", BigInt(Math.round(ms * 1e6)), durationText(ms), {
    ...{ Hours: ms / 3_600_000, Minutes: ms / 60_000, Seconds: ms / 1000 },
    ...{ Milliseconds: BigInt(Math.floor(ms)), Nanoseconds: BigInt(Math.round(ms * 1e6)) },
  });

/** As Go prints it. */
function durationText(ms: number): string {
  if (ms < 1000) return ms === 0 ? "0s" : `${ms}ms`;
  const seconds = ms / 1000;
  return seconds < 60 ? `${seconds}s` : `${Math.floor(seconds / 60)}m${(ms % 60_000) / 1000}s`;
}
