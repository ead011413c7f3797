import { type Call, MachinistError } from "@machinist/core";
import type { ProjectProps } from "./plan.ts";

/** What docker says where a registry does not give it an image. Other programs are denied things, too. */
const REFUSED =
  /(?:Error response from daemon|error from registry|failed to (?:solve|resolve|authorize|fetch)).*(?:no basic auth credentials|\bunauthorized\b|authentication required|access denied|\bdenied: )/i;

/** `failure`, told as what it is where a registry wants a login, or another one. */
export function asRefusedLogin(failure: MachinistError, said: string, { props }: Call<ProjectProps>): MachinistError {
  const line = said.split("\n").find((each) => REFUSED.test(each));
  if (line === undefined) return failure;
  const { name, machine, registries = [] } = props;
  const asked = /https?:\/\/([\w.-]+(?::\d+)?)\/v2\//.exec(line)?.[1];
  const isLoggedIn = asked === undefined ? registries.length > 0 : registries.includes(asked);
  const registry = asked ?? (registries.length === 1 ? registries[0] : "REGISTRY");
  const hint = isLoggedIn
    ? `Log in again: docker login ${registry}; or ask whether that user may pull the image`
    : `To pull with your own login, name the registry in the manifest under registries: and log in: docker login ${registry}`;
  const sentence = `A registry refuses to give ${name} on ${machine} its image: ${line.trim()}`;
  return new MachinistError("compose.login-refused", sentence, { cause: failure.cause, hint });
}
