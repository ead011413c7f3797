import { type Fields, Struct } from "@machinist/go-template";
import type { Item } from "./item.ts";

/** A row as templates see it: docker-machine's own struct, which complains of fields that it does not have. */
export function structOf({ SwarmOptions, EngineOptions, ResponseTime, ...row }: Item): Struct {
  return new Struct("commands.HostListItem", {
    ...row,
    SwarmOptions: new Struct("swarm.Options", fieldsOf(SwarmOptions), { pointer: true }),
    EngineOptions: new Struct("engine.Options", fieldsOf(EngineOptions), { pointer: true }),
    ResponseTime: durationText(ResponseTime),
  });
}

/** To Go a list that is not there is an empty one. */
const fieldsOf = (options: object | undefined): Fields | undefined =>
  options && Object.fromEntries(Object.entries(options).map(([key, value]) => [key, value ?? []]));

/** As Go prints a duration. */
function durationText(ms: number): string {
  if (ms < 1000) return ms === 0 ? "0s" : `${ms}ms`;
  const seconds = ms / 1000;
  return seconds < 60 ? `${seconds}s` : `${Math.floor(seconds / 60)}m${(ms % 60_000) / 1000}s`;
}
