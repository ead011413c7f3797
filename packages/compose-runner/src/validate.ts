import { MachinistError } from "@machinist/core";
import { nearest } from "@machinist/options";
import { interpolated } from "./interpolation.ts";
import { invalid, type Model, services } from "./model.ts";
import type { Project } from "./project.ts";
import { entriesOf, entry, itemsOf, type Tree } from "./tree.ts";

const TOP_LEVEL = ["version", "name", "services", "networks", "volumes", "configs", "secrets", "include", "models"];

/**
 * The usual mistakes that compose would refuse, found before anything is made, also where there is no compose here. What
 * only a version of compose can know is left to it, as are services that are not started. Throws `compose.invalid` or `compose.syntax`, with the place.
 */
export function validateProject(
  { model, services: started }: Pick<Project, "model" | "services">,
  first: string,
): void {
  for (const [key, value] of entriesOf(model.tree)) judgeKey(key, value);
  if (model.tree === undefined)
    throw new MachinistError("compose.syntax", `${first}:1:1: this file is empty`, {
      hint: "A compose file has services: with names and images",
    });
  const all = services(model);
  if (all.length === 0) throw invalid(model.tree, "there are no services");
  for (const [name, service] of all) if (started.includes(name)) judgeService(name, service, model);
}

function judgeKey(key: string, value: Tree): void {
  const meant = TOP_LEVEL.includes(key) || key.startsWith("x-") ? undefined : nearest(key, TOP_LEVEL);
  if (meant !== undefined) throw invalid(value, `${JSON.stringify(key.slice(0, 60))} is no key of it; ${meant} is`);
  const mapping = ["services", "networks", "volumes", "configs", "secrets"].includes(key);
  if (mapping && value.type !== "map" && !isNull(value)) throw invalid(value, `${key} must be names with values`);
  if (key !== "services") return;
  for (const [name, service] of entriesOf(value))
    if (service.type !== "map" && !isNull(service))
      throw invalid(service, `the service ${name} must be keys with values`);
}

const isNull = (tree: Tree): boolean => tree.type === "leaf" && tree.value === null;

function judgeService(name: string, service: Tree, model: Model): void {
  if (["image", "build", "provider"].every((key) => entry(service, key) === undefined))
    throw invalid(service, `the service ${name} has neither an image nor a build context`);
  for (const section of ["networks", "volumes", "configs", "secrets"] as const) {
    const list = entry(service, section);
    const declared = entry(model.tree, section);
    for (const each of section === "volumes" ? volumesIn(list) : namesIn(list, "source"))
      if (!(section === "networks" && each === "default") && entry(declared, each) === undefined)
        throw invalid(list!, `the service ${name} uses ${each}, which is not among its ${section}`);
  }
  for (const each of namesIn(entry(service, "depends_on"), "service"))
    if (!services(model).some(([other]) => other === each))
      throw invalid(entry(service, "depends_on")!, `the service ${name} depends on ${each}, which is no service`);
}

function namesIn(tree: Tree | undefined, key: string): string[] {
  if (tree?.type === "map") return [...tree.entries.keys()];
  return itemsOf(tree).flatMap((each) => {
    const named = each.type === "map" ? entry(each, key) : each;
    return named === undefined ? [] : interpolated(named) || [];
  });
}

/** Named volumes that a service mounts. */
const volumesIn = (tree: Tree | undefined): string[] =>
  itemsOf(tree).flatMap((each) => {
    if (each.type === "map") {
      const [type, source] = [entry(each, "type"), entry(each, "source")];
      return type !== undefined && source !== undefined && interpolated(type) === "volume"
        ? interpolated(source) || []
        : [];
    }
    const [source = "", target] = interpolated(each).split(":");
    return target !== undefined && /^[A-Za-z0-9][\w.-]+$/.test(source) ? source : [];
  });
