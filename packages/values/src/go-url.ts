/** The host of a URL as Go's net/url finds it: with its port, without a user; empty where there is none. */
export const goHost = (url: string): string =>
  (/^(?:[a-z][a-z0-9+.-]*:)?\/\/([^/?#]*)/i.exec(url)?.[1] ?? "").replace(/^.*@/, "");

/** What Go's net/url would say is wrong with a URL; undefined for one that it reads. It reads nearly everything. */
export function goUrlProblem(url: string): string | undefined {
  if (/\p{Cc}/u.test(url.replace(/[\x80-\x9f]/g, ""))) return "net/url: invalid control character in URL";
  if (url.startsWith(":")) return "missing protocol scheme";
  const hasScheme = /^[a-z][a-z0-9+.-]*:/i.test(url);
  if (!hasScheme && /^[^/?#]*:/.test(url)) return "first path segment in URL cannot contain colon";
  return hostProblem(goHost(url)) ?? escapeProblem(url.replace(/\?[^#]*/, ""));
}

function hostProblem(host: string): string | undefined {
  if (host.startsWith("[") && !host.includes("]")) return "missing ']' in host";
  const port = host.startsWith("[") ? host.replace(/^.*\]/, "") : (/:[^:]*$/.exec(host)?.[0] ?? "");
  if (port !== "" && !/^:\d*$/.test(port)) return `invalid port ${JSON.stringify(port)} after host`;
  const bad = /%[0-7].?/.exec(host)?.[0];
  if (bad !== undefined && !host.startsWith("[")) return `invalid URL escape ${JSON.stringify(bad)}`;
  const odd = /[ \\^`{|}]/.exec(host)?.[0];
  return odd === undefined ? undefined : `invalid character ${JSON.stringify(odd)} in host name`;
}

function escapeProblem(url: string): string | undefined {
  const bad = /%(?![0-9a-f]{2}).{0,2}/i.exec(url)?.[0];
  return bad === undefined ? undefined : `invalid URL escape ${JSON.stringify(bad)}`;
}

/** A text as Go writes it in an error. */
export const quotedByGo = (text: string): string =>
  JSON.stringify(text).replace(/\\u00([0-9a-f]{2})/g, (_all, code: string) => `\\x${code}`);
