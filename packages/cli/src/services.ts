import type { Machinist, OpenOptions } from "@machinist/fleet";
import type { Manifest, ReadOptions } from "@machinist/manifest";
import type * as tui from "@machinist/tui";
import type * as questions from "@machinist/tui/questions";

/** As much of the dashboard's package as is needed here. */
export type Dashboard = Pick<typeof tui, "openDashboard" | "themeNames">;
export type Questions = Pick<typeof questions, "askNewFleet">;

/** What a command gets from other packages, loaded when first asked for, so that no command pays for another's. */
export interface Services {
  open(options: OpenOptions): Promise<Machinist>;
  findManifest(cwd: string): Promise<string | undefined>;
  readManifest(files: readonly string[], options: ReadOptions): Promise<Manifest>;
  /** Undefined where it is not installed. */
  dashboard(): Promise<Dashboard | undefined>;
  questions(): Promise<Questions | undefined>;
}

export const realServices: Services = {
  open: async (options) => (await import("@machinist/fleet")).openMachinist(options),
  findManifest: async (cwd) => (await import("@machinist/manifest")).findManifest(cwd),
  readManifest: async (files, options) => (await import("@machinist/manifest")).readManifest(files, options),
  dashboard: () => installed(import("@machinist/tui")),
  questions: () => installed(import("@machinist/tui/questions")),
};

/** Screens may be left out of an installation. */
async function installed<T>(loading: Promise<T>): Promise<T | undefined> {
  try {
    return await loading;
  } catch (thrown) {
    const { code, message } = thrown as NodeJS.ErrnoException;
    if (code === "ERR_MODULE_NOT_FOUND" && message.includes("@machinist/tui")) return undefined;
    throw thrown;
  }
}
