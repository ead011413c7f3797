/** The scripts that make shells ask `machinist __complete` for candidates. None of them evaluates what it is told. */
export const completionScripts: { readonly [shell: string]: string } = {
  bash: `_machinist() {
  local word line
  COMPREPLY=()
  word="\${COMP_WORDS[COMP_CWORD]}"
  while IFS= read -r line; do
    [[ "$line" == "$word"* ]] && COMPREPLY+=("$(printf '%q' "$line")")
  done < <(machinist __complete -- "\${COMP_WORDS[@]:1:COMP_CWORD}" 2>/dev/null)
  [[ \${#COMPREPLY[@]} -eq 1 && "\${COMPREPLY[0]}" == *: ]] && compopt -o nospace 2>/dev/null
  return 0
}
complete -o default -F _machinist machinist
`,
  zsh: `#compdef machinist
_machinist() {
  local -a candidates
  candidates=("\${(@f)$(machinist __complete -- "\${(@)words[2,CURRENT]}" 2>/dev/null)}")
  if [[ -n "\${candidates[1]}" ]]; then compadd -- "\${candidates[@]}"; else _files; fi
}
if [[ "\${funcstack[1]}" == _machinist ]]; then _machinist "$@"; else compdef _machinist machinist; fi
`,
  fish: `function __machinist_complete
  set -l words (commandline -opc) (commandline -ct)
  machinist __complete -- $words[2..-1] 2>/dev/null
end
complete -c machinist -a '(__machinist_complete)'
`,
  powershell: `Register-ArgumentCompleter -Native -CommandName machinist -ScriptBlock {
  param($wordToComplete, $commandAst, $cursorPosition)
  $words = @($commandAst.CommandElements | Select-Object -Skip 1 | ForEach-Object { $_.ToString() })
  if ($wordToComplete -eq '') { $words += '' }
  machinist __complete -- @words 2>$null | Where-Object { $_ -like "$wordToComplete*" } | ForEach-Object {
    $quoted = if ($_ -match '^[\\w@%+=:,./-]+$') { $_ } else { "'" + $_.Replace("'", "''") + "'" }
    [System.Management.Automation.CompletionResult]::new($quoted, $_, 'ParameterValue', $_)
  }
}
`,
};
