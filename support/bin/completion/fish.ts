import type { Command, Completed } from '../command'
import { flagsOf, type CommandFlag } from '../flags'
import { ENVIRONMENTS, JOURNALS, quote, RUN_OF_PATH } from './values'

/** Returns the script by which fish completes commands, flags and their values, each with its help. */
export function completionOfFish(commands: Readonly<Record<string, Command>>): string {
  const all = Object.entries(commands)
  return `# Completion of lockstep for fish; made by: lockstep completion fish
function __lockstep_begins
    test (count (commandline -opc)) -eq 1
end
function __lockstep_is
    set -l words (commandline -opc)
    test (count $words) -gt 1; and test $words[2] = $argv[1]
end
function __lockstep_runs
    sh -c ${quote(`ls ${JOURNALS} 2>/dev/null | sed -n '${RUN_OF_PATH}'`, true)}
end
function __lockstep_environments
    sh -c ${quote(`awk '${ENVIRONMENTS}' "\${LOCKSTEP_CONFIG:-lockstep.yaml}" 2>/dev/null`, true)}
end
function __lockstep_features
    __fish_complete_path (commandline -ct) | string match -r '^.*(?:\\.feature|/)(?:\\t.*)?$'
end
complete -c lockstep -f
${all.map(([name, { summary }]) => `complete -c lockstep -n __lockstep_begins -a ${name} -d ${quote(summary, true)}\n`).join('')}complete -c lockstep -l help -d 'prints the options'
${all.flatMap(([name, command]) => linesOf(name, command, Object.keys(commands))).join('')}`
}

function linesOf(name: string, command: Command, names: readonly string[]): string[] {
  const when = `complete -c lockstep -n '__lockstep_is ${name}'`
  const flags = flagsOf(command).map(
    (flag) => `${when} -l ${flag.name}${valueOf(flag, names)} -d ${quote(flag.help, true)}\n`,
  )
  const [argument] = command.arguments ?? []
  const words = argument === undefined ? '' : wordsOf(argument, names)
  return words === '' ? flags : [...flags, `${when} -a ${words}\n`]
}

function valueOf(flag: CommandFlag, names: readonly string[]): string {
  if (flag.takes === undefined) return ''
  if (flag.completed === 'files') return ' -r -F'
  const words = wordsOf(flag, names)
  return words === '' ? ' -x' : ` -x -a ${words}`
}

function wordsOf(
  { only, completed }: Pick<CommandFlag, 'completed'> & { only?: readonly string[] },
  names: readonly string[],
): string {
  if (only !== undefined) return quote(only.join(' '), true)
  return completed === 'commands' ? quote(names.join(' '), true) : WORDS[completed]
}

const WORDS: Readonly<Record<Exclude<Completed, 'commands'>, string>> = {
  features: "'(__lockstep_features)'",
  runs: "'(__lockstep_runs)'",
  environments: "'(__lockstep_environments)'",
  files: "'(__fish_complete_path)'",
  folders: "'(__fish_complete_directories)'",
  nothing: '',
}
