/** How one family of shells is told, in docker-machine's bytes. */
interface Shell {
  readonly set: (name: string, value: string) => string;
  readonly unset: (name: string) => string;
  readonly comment: string;
  readonly evaluate: (command: string) => string;
}

/** What a shell would take for its own inside double quotes. The names and addresses that docker-machine writes hold none of it. */
const guarded = (value: string, special: RegExp, by: string): string => value.replace(special, (found) => by + found);

const posix: Shell = {
  set: (name, value) => `export ${name}="${guarded(value, /[\\"$`]/g, "\\")}"\n`,
  unset: (name) => `unset ${name}\n`,
  comment: "#",
  evaluate: (command) => `eval $(${command})`,
};

const shells: Readonly<Record<string, Shell>> = {
  fish: {
    set: (name, value) => `set -gx ${name} "${guarded(value, /[\\"$]/g, "\\")}";\n`,
    unset: (name) => `set -e ${name};\n`,
    comment: "#",
    evaluate: (command) => `eval (${command})`,
  },
  powershell: {
    set: (name, value) => `$Env:${name} = "${guarded(value, /[`"$\u201c\u201d\u201e]/g, "`")}"\n`,
    unset: (name) => `Remove-Item Env:\\\\${name}\n`,
    comment: "#",
    evaluate: (command) => `& ${command} | Invoke-Expression`,
  },
  cmd: {
    set: (name, value) => `SET ${name}=${guarded(value, /[&|<>^]/g, "^")}\n`,
    unset: (name) => `SET ${name}=\n`,
    comment: "REM",
    evaluate: (command) => `\t@FOR /f "tokens=*" %i IN ('${command}') DO @%i`,
  },
  tcsh: {
    set: (name, value) => `setenv ${name} "${guarded(value, /["$`!]/g, "\\")}";\n`,
    unset: (name) => `unsetenv ${name};\n`,
    comment: ":",
    evaluate: (command) => `eval \`${command}\``,
  },
  emacs: {
    set: (name, value) => `(setenv "${name}" "${guarded(value, /[\\"]/g, "\\")}")\n`,
    unset: (name) => `(setenv "${name}" nil)\n`,
    comment: ";;",
    evaluate: (command) => `(with-temp-buffer (shell-command "${command}" (current-buffer)) (eval-buffer))`,
  },
};

/** Any other name is taken for a shell that writes as sh does. */
export const shellOf = (name: string): Shell => (Object.hasOwn(shells, name) ? shells[name]! : posix);

/** The text for a shell; undefined values take a variable away. `command` printed it. */
export function shellText(
  name: string,
  variables: readonly (readonly [string, string | undefined])[],
  command: string,
) {
  const shell = shellOf(name);
  const lines = variables.map(([key, value]) => (value === undefined ? shell.unset(key) : shell.set(key, value)));
  return `${lines.join("")}${shell.comment} Run this command to configure your shell: \n${shell.comment} ${shell.evaluate(command)}\n`;
}
