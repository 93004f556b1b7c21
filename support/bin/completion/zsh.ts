import type { Command, Completed } from '../command'
import { flagsOf, type CommandFlag } from '../flags'
import { ENVIRONMENTS, JOURNALS, quote, RUN_OF_PATH } from './values'

/** Returns the script by which zsh completes commands, flags and their values, each with its help. */
export function completionOfZsh(commands: Readonly<Record<string, Command>>): string {
  const all = Object.entries(commands)
  const described = all.map(([name, { summary }]) => quote(`${name}:${summary}`)).join(' ')
  return `#compdef lockstep
# Completion of lockstep for zsh; made by: lockstep completion zsh
_lockstep_commands() {
  local -a commands=(${described})
  _describe -t commands command commands
}
_lockstep_runs() {
  local -a runs=(\${(f)"$(ls ${JOURNALS}(N) 2>/dev/null | sed -n ${quote(RUN_OF_PATH)})"})
  compadd -a runs
}
_lockstep_environments() {
  local -a names=(\${(f)"$(awk ${quote(ENVIRONMENTS)} "\${LOCKSTEP_CONFIG:-lockstep.yaml}" 2>/dev/null)"})
  compadd -a names
}
_lockstep() {
  if (( CURRENT == 2 )); then
    _lockstep_commands
    return
  fi
  local command=$words[2]
  shift words
  (( CURRENT-- ))
  case $command in
${all.map(([name, command]) => commandCase(name, command)).join('')}  esac
}
if [ "$funcstack[1]" = _lockstep ]; then _lockstep "$@"; else compdef _lockstep lockstep; fi
`
}

function commandCase(name: string, command: Command): string {
  const [argument] = command.arguments ?? []
  const flags = flagsOf(command).map((flag) => quote(specOf(flag)))
  const words =
    argument === undefined
      ? []
      : [quote(`${argument.many ? '*' : '1'}:${argument.name}:${actionOf(argument)}`)]
  return `    ${name}) _arguments -S ${[...flags, quote('--help[prints the options]'), ...words].join(' ')} ;;\n`
}

function specOf(flag: CommandFlag): string {
  const help = flag.help.replaceAll(/[[\]\\]/g, String.raw`\$&`)
  const often = flag.many ? '*' : ''
  if (flag.takes === undefined) return `${often}--${flag.name}[${help}]`
  return `${often}--${flag.name}=[${help}]:${flag.takes}:${actionOf(flag)}`
}

function actionOf({
  only,
  completed,
}: Pick<CommandFlag, 'completed'> & { only?: readonly string[] }): string {
  return only === undefined ? ACTIONS[completed] : `(${only.join(' ')})`
}

const ACTIONS: Readonly<Record<Completed, string>> = {
  features: '_files -g "*.feature"',
  runs: '_lockstep_runs',
  environments: '_lockstep_environments',
  files: '_files',
  folders: '_files -/',
  commands: '_lockstep_commands',
  nothing: ' ',
}
