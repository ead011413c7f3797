/** How one family of shells sets variables. */
export interface Shell {
  /** One line that sets a variable, whatever is in the value. */
  readonly set: (name: string, value: string) => string;
  /** What a value may not hold, because nothing keeps it from ending there. */
  readonly impossible?: RegExp;
  readonly unset: (name: string) => string;
  /** A line that does nothing but tell how to use the output; `command` prints this very output. */
  readonly advice: (command: string) => string[];
}

const told = "Run this command to configure your shell: ";
const guarded = (text: string, special: RegExp, by: string): string => text.replace(special, (found) => by + found);

const posix: Shell = {
  set: (name, value) => `export ${name}="${guarded(value, /[\\"$`]/g, "\\")}"`,
  unset: (name) => `unset ${name}`,
  advice: (command) => [`# ${told}`, `# eval $(${command})`],
};

const fish: Shell = {
  set: (name, value) => `set -gx ${name} "${guarded(value, /[\\"$]/g, "\\")}";`,
  unset: (name) => `set -e ${name};`,
  advice: (command) => [`# ${told}`, `# eval (${command})`],
};

/** Curly quotes end a PowerShell string just as straight ones do. */
const powershell: Shell = {
  set: (name, value) => `$Env:${name} = "${guarded(value, /[`"$\u201c\u201d\u201e]/g, "`")}"`,
  unset: (name) => `Remove-Item Env:\\${name}`,
  advice: (command) => [`# ${told}`, `# & ${command} | Invoke-Expression`],
};

const cmd: Shell = {
  impossible: /"/,
  set: (name, value) => (/[&|<>^()!,;= ]/.test(value) ? `SET "${name}=${value}"` : `SET ${name}=${value}`),
  unset: (name) => `SET ${name}=`,
  advice: (command) => [`REM ${told}`, `REM \t@FOR /f "tokens=*" %i IN ('${command}') DO @%i`],
};

/** In tcsh `$`, backquotes and `!` mean something inside double quotes; single quotes stop all but `!`. */
const tcsh: Shell = {
  set: (name, value) =>
    /[$`"!\\]/.test(value)
      ? `setenv ${name} '${value.replaceAll("'", "'\\''").replaceAll("!", "\\!")}';`
      : `setenv ${name} "${value}";`,
  unset: (name) => `unsetenv ${name};`,
  // `:` is a command that does nothing; the single quotes keep it from running what it advises.
  advice: (command) => [`: '${told}';`, `: 'eval "\`${command}\`"';`],
};

const emacs: Shell = {
  set: (name, value) => `(setenv "${name}" "${guarded(value, /[\\"]/g, "\\")}")`,
  unset: (name) => `(setenv "${name}" nil)`,
  advice: (command) => [
    `;; ${told}`,
    `;; (with-temp-buffer (shell-command "${command}" (current-buffer)) (eval-buffer))`,
  ],
};

/** Every shell by the names it goes by. */
export const shells: { readonly [name: string]: Shell } = {
  sh: posix,
  bash: posix,
  zsh: posix,
  dash: posix,
  ksh: posix,
  fish,
  powershell,
  pwsh: powershell,
  cmd,
  tcsh,
  csh: tcsh,
  emacs,
};

/** The name of the shell that runs us, as far as the environment tells; `sh` where it does not. */
export function detectShell(env: Readonly<Record<string, string | undefined>>, platform: NodeJS.Platform): string {
  const shell =
    (env.SHELL ?? "")
      .split(/[\\/]/)
      .pop()
      ?.replace(/\.exe$/i, "") ?? "";
  if (Object.hasOwn(shells, shell)) return shell;
  if (platform !== "win32" || shell !== "") return "sh";
  // PowerShell adds the user's own folder to its module path; under cmd only the machine's is there.
  return /Documents.{1,20}PowerShell/i.test(env.PSModulePath ?? "") ? "powershell" : "cmd";
}
