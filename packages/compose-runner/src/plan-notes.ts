import type { Call, Host } from "@machinist/core";
import type { Bundle } from "./bundle.ts";
import type { ProjectProps } from "./plan.ts";
import { asRoot, demand, namesInWords, transferTo } from "./remote.ts";
import { READ_MOUNTS, remoteFolder, remoteProject } from "./remote-scripts.ts";

/** What uploading a bundle would do on a host, as notes of a plan. Changes nothing. */
export async function uploadNotes(
  host: Host,
  bundle: Bundle,
  call: Call<ProjectProps>,
  overwrite: boolean,
): Promise<string[]> {
  const { name, machine } = call.props;
  const { send, kept, remove } = await transferTo(host, remoteFolder(name), bundle, call);
  const changed = overwrite ? [...send.keys(), ...kept] : [...send.keys()];
  const recreated = await recreatedServices(host, new Set(changed), call);
  const notes: string[] = [];
  if (send.size > 0) notes.push(`uploads to ${machine}: ${namesInWords([...send.keys()])}`);
  if (remove.length > 0) notes.push(`removes on ${machine}: ${namesInWords(remove)}`);
  for (const [service, files] of recreated) notes.push(`recreates ${service}, which mounts ${namesInWords(files)}`);
  if (kept.length > 0) {
    const verb = overwrite ? "overwrites" : "keeps";
    notes.push(`${verb} on ${machine}, modified there since the last upload: ${namesInWords(kept)}`);
  }
  return notes;
}

/** Services that mount single files of these, which they would not see change. */
async function recreatedServices(
  host: Host,
  changed: ReadonlySet<string>,
  call: Call<ProjectProps>,
): Promise<Map<string, string[]>> {
  const output = await host.script(READ_MOUNTS, [call.props.name], asRoot(call));
  demand(output, "compose.unreadable", `The project ${call.props.name} cannot be looked at on ${host.name}`, call);
  const found = new Map<string, string[]>();
  for (const line of output.stdout.split("\n")) {
    const [service = "", source = ""] = line.split("\t");
    const file = source.slice(remoteProject(call.props.name).length + 1);
    if (source !== `${remoteProject(call.props.name)}/${file}` || !changed.has(file)) continue;
    const known = found.get(service) ?? [];
    if (!known.includes(file)) found.set(service, [...known, file]);
  }
  return found;
}
