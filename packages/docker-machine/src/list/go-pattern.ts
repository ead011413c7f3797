/**
 * What is wrong with a regular expression, in the words of Go's regexp; undefined for a good one. Go knows neither
 * look-around nor back references, and JavaScript neither of Go's named classes: those few are refused here.
 */
export function goPatternProblem(pattern: string): string | undefined {
  try {
    new RegExp(pattern);
  } catch {
    return `error parsing regexp: ${complaint(pattern)}`;
  }
  const foreign = /\(\?(?:[=!]|<[=!])/.exec(pattern)?.[0];
  return foreign === undefined ? undefined : `error parsing regexp: invalid or unsupported Perl syntax: \`${foreign}\``;
}

function complaint(pattern: string): string {
  const open = unclosedClass(pattern);
  if (open !== undefined) return `missing closing ]: \`${pattern.slice(open)}\``;
  if (/(^|[^\\])\\$/.test(pattern)) return "trailing backslash at end of expression: ``";
  const repeat = /^[*+?]|[(|][*+?]/.exec(pattern)?.[0].at(-1);
  if (repeat !== undefined) return `missing argument to repetition operator: \`${repeat}\``;
  const twice = /[*+?][*+]/.exec(pattern)?.[0];
  if (twice !== undefined) return `invalid nested repetition operator: \`${twice}\``;
  const depth = [...pattern.replace(/\\./g, "")].reduce(
    (sum, one) => sum + (one === "(" ? 1 : one === ")" ? -1 : 0),
    0,
  );
  if (depth > 0) return `missing closing ): \`${pattern}\``;
  if (depth < 0) return `unexpected ): \`${pattern}\``;
  return `invalid pattern: \`${pattern}\``;
}

function unclosedClass(pattern: string): number | undefined {
  let open: number | undefined;
  for (let at = 0; at < pattern.length; at++) {
    if (pattern[at] === "\\") at++;
    else if (pattern[at] === "[" && open === undefined) open = at;
    else if (pattern[at] === "]" && open !== undefined && at > open + 1) open = undefined;
  }
  return open;
}
