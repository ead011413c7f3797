import type { Allowed } from "./variables.ts";

type Env = Readonly<Record<string, string | undefined>>;

/** What a program needs to run at all, to speak the user's language and to find where it may write, in capitals. */
const basics = new Set([
  ...["PATH", "HOME", "USER", "LOGNAME", "SHELL", "TMPDIR", "TMP", "TEMP", "TZ", "LANG", "LANGUAGE"],
  ...["XDG_CACHE_HOME", "XDG_CONFIG_HOME", "XDG_DATA_HOME", "XDG_RUNTIME_DIR", "XDG_STATE_HOME"],
  ...["SSL_CERT_DIR", "SSL_CERT_FILE"],
  ...["APPDATA", "COMSPEC", "LOCALAPPDATA", "PATHEXT", "PROGRAMDATA", "SYSTEMROOT", "USERPROFILE", "WINDIR"],
]);

/** The way to the net. */
export const proxies: readonly string[] = [
  ...["HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "NO_PROXY"],
  ...["http_proxy", "https_proxy", "all_proxy", "no_proxy"],
];

/** A proxy's address may hold a password, which is for the user to give. */
export const isOpen = (address: string | undefined): boolean => !/@/.test(address ?? "");

/** The environment of a driver's program: what every program needs, and of the rest what it may have. */
export function surroundings(env: Env, allowed: Allowed): Env {
  const given = Object.entries(env).filter(([variable, value]) => {
    if (allowed(variable)) return true;
    if (proxies.includes(variable)) return isOpen(value);
    return basics.has(variable.toUpperCase()) || variable.startsWith("LC_");
  });
  return Object.fromEntries(given);
}
