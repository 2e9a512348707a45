import type { Shell } from './command-line-words.js';

/**
 * Each gives the command line as it was typed to `circuit __complete`, and the candidates to the shell:
 * neither is ever expanded. The variables on the command line, as in `circuit ls -d $H1 /`, are
 * exported for that call alone.
 */
const BASH = `# Completion of circuit in bash. To have it in each new shell:
#     echo 'source <(circuit completion bash)' >> ~/.bashrc
# or, with the package bash-completion, which loads it when it is needed:
#     circuit completion bash > /usr/share/bash-completion/completions/circuit
_circuit() {
  local IFS=$'\\n' answer
  COMPREPLY=()
  answer=$(
    exec 2>/dev/null
    set -- "\${COMP_LINE:0:COMP_POINT}" "$2" "\${COMP_LINE:0:COMP_POINT}"
    while [[ $3 =~ [$]\\{?([A-Za-z_][A-Za-z_0-9]*)(.*) ]]; do
      export "\${BASH_REMATCH[1]}"
      set -- "$1" "$2" "\${BASH_REMATCH[2]}"
    done
    exec circuit __complete -- bash "$1" "$2"
  )
  mapfile -t COMPREPLY <<< "$answer"
  case \${COMPREPLY[0]} in
    files) compopt -o default ;;
    directories) compopt -o dirnames ;;
    paths) compopt -o filenames -o noquote ;;
  esac
  COMPREPLY=("\${COMPREPLY[@]:1}")
  COMPREPLY=("\${COMPREPLY[@]%%$'\\t'*}")
  [[ \${#COMPREPLY[@]} -eq 1 && \${COMPREPLY[0]} == *[/=] ]] && compopt -o nospace
  return 0
}
complete -F _circuit circuit
`;

const ZSH = `#compdef circuit
# Completion of circuit in zsh. To have it in each new shell:
#     circuit completion zsh > /usr/local/share/zsh/site-functions/_circuit
# or, after compinit in ~/.zshrc:
#     source <(circuit completion zsh)
_circuit() {
  local -a answer
  local line value
  answer=("\${(@f)$(
    exec 2>/dev/null
    set -- "\${(j: :)words[1,CURRENT-1]} $QIPREFIX$IPREFIX$PREFIX"
    line=$1
    while [[ $line =~ '[$]\\{?([A-Za-z_][A-Za-z_0-9]*)(.*)' ]]; do
      export "$match[1]"
      line=$match[2]
    done
    exec circuit __complete -- zsh "$1"
  )}")
  case $answer[1] in
    files) compset -P '-*=' ; _files ; return ;;
    directories) compset -P '-*=' ; _files -/ ; return ;;
  esac
  local -a ends=() ends_shown=() goes_on=() goes_on_shown=()
  for line in "\${(@)answer[2,-1]}"; do
    value=\${line%%$'\\t'*}
    line="$value\${\${line#*$'\\t'}:+  -- \${line#*$'\\t'}}"
    if [[ $value == *[/=] ]]; then
      goes_on+=("$value") goes_on_shown+=("$line")
    else
      ends+=("$value") ends_shown+=("$line")
    fi
  done
  compadd -l -d ends_shown -a ends
  compadd -S '' -l -d goes_on_shown -a goes_on
}
if [[ $funcstack[1] == _circuit ]]; then _circuit "$@"; else compdef _circuit circuit; fi
`;

const FISH = `# Completion of circuit in fish. To have it in each new shell:
#     circuit completion fish > ~/.config/fish/completions/circuit.fish
function __circuit_complete
    set -l line (commandline -cp | string collect)
    for name in (string match -rag '[$]\\{?([A-Za-z_][A-Za-z_0-9]*)' -- $line)
        set -q $name; and set -fx $name $$name
    end
    set -l answer (command circuit __complete -- fish $line)
    set -l token (commandline -ct)
    set -l option (string match -r '^-[^=]*=' -- $token)
    switch "$answer[1]"
        case files
            set answer (__fish_complete_path (string replace -- "$option" '' $token))
        case directories
            set answer (__fish_complete_directories (string replace -- "$option" '' $token) '')
        case '*'
            set option ''
            set -e answer[1]
    end
    for candidate in $answer
        echo -- "$option$candidate"
    end
end
complete -c circuit -f -a '(__circuit_complete 2>/dev/null)'
`;

/** The scripts that `circuit completion` prints. */
export const SCRIPTS: Readonly<Record<Shell, string>> = { bash: BASH, zsh: ZSH, fish: FISH };
