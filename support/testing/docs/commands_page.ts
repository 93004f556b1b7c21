import { COMMANDS } from '../../bin/commands'
import { GROUPS, type Command } from '../../bin/command'
import { flagsOf } from '../../bin/flags'
import { describeFlag, formatFlag, wordOf } from '../../bin/help_words'
import { SETTINGS, type Setting } from '../../config/settings_table'

const HEAD = `# Commands

\`lockstep help\` lists the commands, and \`lockstep help run\` tells one. In a project it is \`npx --no-install lockstep\`.
A misspelt command or flag is refused, with the closest one.
`

const FLAGS = `## Flags of settings

A flag wins over its variable. A world parameter of cucumber.js that says something else is refused.
[Every setting](settings.md) says what it takes, and what counts without it.

| flag | variable | what it is |
|---|---|---|
`

/** Returns docs/commands.md: every command with its flags, examples and exit statuses. */
export function commandsPage(): string {
  const groups = Object.entries(GROUPS).map(([group, title]) => {
    const own = Object.entries(COMMANDS).filter(([, command]) => command.group === group)
    const shared = sharedBy(own.map(([, command]) => itemsOf(command)))
    const once = shared.length === 0 ? '' : `All of them take these:\n\n${shared.join('')}`
    return [`## ${title}\n`, once, ...own.map(([name, command]) => section(name, command, shared))]
      .filter((part) => part !== '')
      .join('\n')
  })
  const settings = Object.entries<Setting>(SETTINGS).flatMap(([name, { flag, help }]) =>
    flag === undefined ? [] : [`| \`--${flag}\` | \`${name}\` | ${inPage(help)} |\n`],
  )
  return [HEAD, ...groups, `${FLAGS}${settings.join('')}`].join('\n')
}

function section(name: string, command: Command, shared: readonly string[]): string {
  const { summary, about = '', examples, exits } = command
  const statuses = Object.entries(exits).map(([status, meaning]) => `${status}: ${inPage(meaning)}`)
  const items = [
    ...itemsOf(command).filter((item) => !shared.includes(item)),
    ...examples.map(([call, what]) => `- For instance \`lockstep ${call}\`: ${inPage(what)}\n`),
    `- Exit status: ${statuses.join(' · ')}\n`,
  ]
  const words = [name, ...(command.arguments ?? []).map(wordOf)].join(' ')
  const sentences = `${capital(inPage(summary))}. ${inPage(about)}`.trim()
  return `### \`lockstep ${words}\`\n\n${sentences}\n\n${items.join('')}`
}

/** Returns the lines about what a command takes. */
function itemsOf(command: Command): string[] {
  const flags = flagsOf(command)
  const own = flags.filter(({ setting }) => setting === undefined)
  const settings = flags.flatMap(({ name, setting }) => (setting === undefined ? [] : [`\`--${name}\``]))
  return [
    ...(command.arguments ?? []).map((each) => `- \`${wordOf(each)}\`: ${inPage(each.help)}\n`),
    ...own.map((flag) => `- \`${formatFlag(flag)}\`: ${inPage(describeFlag(flag))}\n`),
    ...(settings.length === 0 ? [] : [`- Settings: ${settings.join(', ')}\n`]),
  ]
}

/** Returns the lines that every command of a group has. */
function sharedBy([first = [], ...others]: readonly (readonly string[])[]): string[] {
  return others.length === 0 ? [] : first.filter((item) => others.every((items) => items.includes(item)))
}

/** Puts `<name>` into a code span, since a page would take it for a tag. */
function inPage(text: string): string {
  return text.replaceAll(/<[\w-]+>/g, (tag) => `\`${tag}\``)
}

function capital(text: string): string {
  return `${text.charAt(0).toUpperCase()}${text.slice(1)}`
}
