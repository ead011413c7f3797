/** What ends a command with a sentence on stderr. */
export class CliError extends Error {
  override readonly name = "Complaint";
  /** The exit code: 1, or 3 where a check before creation failed. */
  readonly code: number;
  /** The command's help comes first, on stdout. */
  readonly help: boolean;

  constructor(message: string, { code = 1, help = false }: { readonly code?: number; readonly help?: boolean } = {}) {
    super(message);
    this.code = code;
    this.help = help;
  }
}

/** By its name, since the class is in each of this program's two bundles: thrown in one, it is caught in the other. */
export const isComplaint = (thrown: unknown): thrown is CliError =>
  thrown instanceof Error && thrown.name === "Complaint";

/** What was thrown, as one line for stderr: never a stack. */
export const messageOf = (thrown: unknown): string => (thrown instanceof Error ? thrown.message : String(thrown));
