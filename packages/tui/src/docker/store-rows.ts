import type { Row } from "../state/rows.ts";
import { sizeWord } from "../state/size-word.ts";

export interface ListedImage {
  readonly Id: string;
  readonly RepoTags?: readonly string[] | null;
  readonly Size?: number;
  /** Seconds since 1970. */
  readonly Created?: number;
}

export interface ListedVolume {
  readonly Name: string;
  readonly Driver?: string;
  readonly Mountpoint?: string;
}

/** Images by name; those without one last. */
export function imageRows(images: readonly ListedImage[], now: number): Row[] {
  return images
    .map(({ Id, RepoTags, Size, Created }): Row => {
      const tags = (RepoTags ?? []).filter((tag) => tag !== "<none>:<none>");
      const id = Id.replace(/^sha256:/, "").slice(0, 12);
      const cells = [tags.join(", ") || "(no name)", sizeWord(Size ?? 0), ageWord(now - (Created ?? 0) * 1000), id];
      return { key: Id, cells, mood: tags.length === 0 ? "faint" : "plain" };
    })
    .sort((a, b) => Number(a.mood === "faint") - Number(b.mood === "faint") || (a.cells[0]! < b.cells[0]! ? -1 : 1));
}

export const volumeRows = (volumes: readonly ListedVolume[]): Row[] =>
  volumes
    .map(
      ({ Name, Driver = "", Mountpoint = "" }): Row => ({
        key: Name,
        cells: [Name, Driver, Mountpoint],
        mood: "plain",
      }),
    )
    .sort((a, b) => (a.key < b.key ? -1 : 1));

function ageWord(ms: number): string {
  const hours = Math.floor(ms / 3_600_000);
  if (hours < 1) return "new";
  return hours < 48 ? `${hours}h` : `${Math.floor(hours / 24)}d`;
}
