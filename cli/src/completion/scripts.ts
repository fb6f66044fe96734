/** What each shell runs to ask for the words that may come next. */
export const completionScripts = {
  bash: `# completion of sandyard for bash
_sandyard() {
  local IFS=$'\\n'
  COMPREPLY=($(sandyard completion words -- "\${COMP_WORDS[@]:1:COMP_CWORD}" 2>/dev/null))
}
complete -o bashdefault -o default -F _sandyard sandyard
`,
  zsh: `#compdef sandyard
# completion of sandyard for zsh
_sandyard() {
  local -a found
  found=("\${(@f)$(sandyard completion words -- "\${(@)words[2,CURRENT]}" 2>/dev/null)}")
  if [[ -n "$found" ]]; then compadd -- $found; else _files; fi
}
compdef _sandyard sandyard
`,
  fish: `# completion of sandyard for fish
function __sandyard_words
  set -l words (commandline -opc) (commandline -ct)
  set -l found (sandyard completion words -- $words[2..-1] 2>/dev/null)
  if test (count $found) -gt 0
    printf '%s\\n' $found
  else
    __fish_complete_path (commandline -ct)
  end
end
complete -c sandyard -f -a '(__sandyard_words)'
`,
} as const
