import { formatCucumber, formatLockstep } from '../system/commands'
import { GROUPS, type Argument, type Command } from './command'
import { flagsOf, type CommandFlag } from './flags'
import { describeFlag, formatFlag, wordOf } from './help_words'

const WIDTH = 80

/** Formats the page of all commands: the main job first. */
export function formatHelp(commands: Readonly<Record<string, Command>>): string {
  const all = Object.entries(commands)
  const width = Math.max(...all.map(([name]) => name.length))
  const groups = Object.entries(GROUPS).map(([group, title]) => {
    const own = all.filter(([, command]) => command.group === group)
    return `${title}:\n${own.map(([name, { summary }]) => row(name, summary, width)).join('')}`
  })
  return `Deploys as Cucumber features: every host moves in lockstep, or it stops.

${groups.join('\n')}
${formatLockstep('help <command>')} tells its options, with examples.
${formatCucumber('')} rolls out to the embedded fleet, harmless.
`
}

/** Formats the page of one command. */
export function formatCommandHelp(name: string, command: Command): string {
  const { summary, about, examples, exits } = command
  const flags = flagsOf(command)
  const own = flags.filter(({ setting }) => setting === undefined)
  const settings = flags.filter(({ setting }) => setting !== undefined)
  const words = [name, ...(flags.length === 0 ? [] : ['[options]']), ...(command.arguments ?? []).map(wordOf)]
  const calls = examples.map(([args, what]) => `  ${formatLockstep(args)}\n      ${what}\n`)
  const parts = [
    `${formatLockstep(words.join(' '))}\n\n${wrap(`${name}: ${summary}.`, 0)}`,
    about === undefined ? '' : wrap(about, 0),
    section(
      'Arguments',
      (command.arguments ?? []).map((each) => [wordOf(each), helpOf(each)]),
    ),
    section('Options', [...own.map(rowOf), ['--help', 'prints this']]),
    section('Settings', settings.map(rowOf)),
    `Examples:\n${calls.join('')}`,
    section('Exit status', Object.entries(exits)),
  ]
  return parts.filter((part) => part !== '').join('\n')
}

function rowOf(flag: CommandFlag): [string, string] {
  return [formatFlag(flag), describeFlag(flag)]
}

function helpOf({ help, only }: Argument): string {
  return only === undefined ? help : `${help}: ${only.join(', ')}`
}

function section(title: string, rows: readonly (readonly [string, string])[]): string {
  if (rows.length === 0) return ''
  const width = Math.min(26, Math.max(...rows.map(([name]) => name.length)))
  return `${title}:\n${rows.map(([name, help]) => row(name, help, width)).join('')}`
}

/** Formats a name with its help beside it; a long name has its help below. */
function row(name: string, help: string, width: number): string {
  const indent = width + 4
  const text = wrap(help, indent)
  const head = `  ${name}`
  return head.length > indent - 2 ? `${head}\n${text}` : `${head.padEnd(indent)}${text.slice(indent)}`
}

/** Breaks a text into lines, each behind so many blanks. */
function wrap(text: string, indent: number): string {
  const lines: string[] = []
  for (const word of text.split(' ')) {
    const last = lines.at(-1)
    if (last === undefined || indent + last.length + 1 + word.length > WIDTH) lines.push(word)
    else lines[lines.length - 1] = `${last} ${word}`
  }
  return lines.map((line) => `${' '.repeat(indent)}${line}\n`).join('')
}
