import { CliError } from "../cli-error.ts";

export type Matcher = (name: string) => boolean;

/**
 * Whether a name matches, anywhere in it, a pattern as Go's regexp reads it: what `ls --filter name=` asks for. Loaded when there
 * is such a filter. Throws a Complaint in Go's words.
 */
export async function namePattern(pattern: string): Promise<Matcher> {
  const { RE2JS } = await import("re2js");
  const compiled = (text: string): Matcher | string => {
    try {
      const expression = RE2JS.compile(text);
      return (name) => expression.matcher(name).find();
    } catch (thrown) {
      return (thrown as Error).message;
    }
  };
  let read = compiled(pattern);
  if (typeof read === "string" && read.includes("duplicate capture group name")) {
    // Go lets two groups have one name, which nothing here refers to.
    const nameless = pattern.replace(/\(\?P?<\w+>/g, "(");
    read = compiled(nameless);
    if (typeof read === "string") read = read.replaceAll(nameless, pattern);
  }
  if (typeof read === "string") throw new CliError(read);
  return read;
}
