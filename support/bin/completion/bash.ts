import type { Command, Completed } from '../command'
import { flagsOf } from '../flags'
import { ENVIRONMENTS, JOURNALS, quote, RUN_OF_PATH } from './values'

/** Returns the script by which bash completes commands, flags and their values. */
export function completionOfBash(commands: Readonly<Record<string, Command>>): string {
  const all = Object.entries(commands)
  return `# Completion of lockstep for bash 4 and later; made by: lockstep completion bash
_lockstep_words() { mapfile -t COMPREPLY < <(compgen -W "$1" -- "$cur"); }
_lockstep_files() {
  compopt -o filenames
  mapfile -t COMPREPLY < <(compgen "$@" -- "$cur")
}
_lockstep_features() {
  compopt -o filenames
  mapfile -t COMPREPLY < <(compgen -d -- "$cur"; compgen -f -X '!*.feature' -- "$cur")
}
_lockstep_runs() { _lockstep_words "$(ls ${JOURNALS} 2>/dev/null | sed -n ${quote(RUN_OF_PATH)})"; }
_lockstep_environments() {
  _lockstep_words "$(awk ${quote(ENVIRONMENTS)} "\${LOCKSTEP_CONFIG:-lockstep.yaml}" 2>/dev/null)"
}
_lockstep() {
  local cur=\${COMP_WORDS[COMP_CWORD]} prev=\${COMP_WORDS[COMP_CWORD-1]} command=\${COMP_WORDS[1]}
  COMPREPLY=()
  if ((COMP_CWORD == 1)); then
    _lockstep_words ${quote([...all.map(([name]) => name), '--help', '--version'].join(' '))}
    return
  fi
  # Bash takes the sign in --flag=value for a word of its own.
  if [[ $cur == = ]]; then cur=
  elif [[ $prev == = ]]; then prev=\${COMP_WORDS[COMP_CWORD-2]}
  fi
  case "$command $prev" in
${all.flatMap(([name, command]) => valueCases(name, command)).join('')}  esac
  case "$command" in
${all.map(([name, command]) => commandCase(name, command, Object.keys(commands))).join('')}  esac
}
complete -F _lockstep lockstep
`
}

function valueCases(name: string, command: Command): string[] {
  return flagsOf(command)
    .filter(({ takes }) => takes !== undefined)
    .map((flag) => {
      const how =
        flag.only === undefined ? HOW[flag.completed] : `_lockstep_words ${quote(flag.only.join(' '))}`
      return `    '${name} --${flag.name}') ${how}; return ;;\n`
    })
}

function commandCase(name: string, command: Command, names: readonly string[]): string {
  const flags = [...flagsOf(command).map((flag) => `--${flag.name}`), '--help'].join(' ')
  const [argument] = command.arguments ?? []
  const only = argument?.completed === 'commands' ? names : argument?.only
  const values =
    only === undefined ? HOW[argument?.completed ?? 'nothing'] : `_lockstep_words ${quote(only.join(' '))}`
  return `    ${name}) if [[ $cur == -* ]]; then _lockstep_words ${quote(flags)}; else ${values}; fi ;;\n`
}

const HOW: Readonly<Record<Completed, string>> = {
  features: '_lockstep_features',
  runs: '_lockstep_runs',
  environments: '_lockstep_environments',
  files: '_lockstep_files -f',
  folders: '_lockstep_files -d',
  commands: ':',
  nothing: ':',
}
