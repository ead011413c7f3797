import type { Row } from "./rows.ts";
import type { SortKey } from "./sort.ts";

export interface Column {
  readonly title: string;
  /** Where there is too little room, columns that are kept least go first. */
  readonly keep: number;
  /** Cells at most; longer words are cut. */
  readonly most?: number;
  readonly right?: boolean;
  readonly sort?: SortKey;
}

/** What a screen lists. The last column takes the room that is left. */
export interface Table {
  readonly columns: readonly Column[];
  readonly rows: readonly Row[];
  /** What stands there where there are no rows. */
  readonly empty: readonly string[];
}

const collator = new Intl.Collator("en", { numeric: true });

/** As people sort: node-9 before node-10. */
export const naturally = (a: string, b: string): number => collator.compare(a, b);
