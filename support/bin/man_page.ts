import { GROUPS, type Command } from './command'
import { flagsOf } from './flags'
import { describeFlag, formatFlag, wordOf } from './help_words'

/** Formats the manual page lockstep(1) in roff, with every command. */
export function formatManPage(commands: Readonly<Record<string, Command>>, version: string): string {
  const all = Object.entries(commands)
  const groups = Object.entries(GROUPS).map(([group, title]) => {
    const own = all.filter(([, command]) => command.group === group)
    return `.SH ${title.toUpperCase()}\n${own.map(([name, command]) => sectionOf(name, command)).join('')}`
  })
  return `.TH LOCKSTEP 1 "" "lockstep ${version}" "User Commands"
.SH NAME
lockstep \\- deploys as Cucumber features: every host moves in lockstep, or it stops
.SH SYNOPSIS
.B lockstep
.I command
.RI [ options ]
.RI [ arguments ]
.SH DESCRIPTION
${roff('A deploy is a Cucumber feature. Each step is carried out on every host of a wave, and nothing after a failed step touches a host.')}
.PP
${roff('A flag of a setting wins over the environment variable of that setting. Unknown variables that begin with LOCKSTEP_ are refused with the closest one.')}
${groups.join('')}.SH FILES
.TP
${roff('lockstep.yaml')}
the environments that features can be rolled out to
.TP
${roff('cucumber.js')}
the profiles that the commands stand for
.TP
${roff('.lockstep')}
journals, logs and the history
.SH SEE ALSO
${roff('docs/settings.md, docs/json.md and docs/sentences.md of the package')}
`
}

function sectionOf(name: string, command: Command): string {
  const { summary, about, examples, exits } = command
  const words = [name, '[options]', ...(command.arguments ?? []).map(wordOf)].join(' ')
  const args = (command.arguments ?? []).map((each) => tagged(wordOf(each), each.help))
  const flags = flagsOf(command).map((flag) => tagged(formatFlag(flag), describeFlag(flag)))
  const calls = examples.map(([call, what]) => tagged(`lockstep ${call}`, what))
  const statuses = Object.entries(exits).map(([status, meaning]) => tagged(`exit status ${status}`, meaning))
  return [
    `.SS ${roff(words)}\n${roff(`${summary}.`)}\n`,
    about === undefined ? '' : `.PP\n${roff(about)}\n`,
    ...args,
    ...flags,
    ...calls,
    ...statuses,
  ].join('')
}

function tagged(tag: string, text: string): string {
  return `.TP\n\\fB${roff(tag)}\\fR\n${roff(text)}\n`
}

/** Returns a text as roff reads it: no sign of it is an order. */
function roff(text: string): string {
  return text.replaceAll('\\', '\\e').replaceAll('-', '\\-').replaceAll('…', '...').replace(/^[.']/, '\\&$&')
}
