import { Command as Parser, CommanderError, InvalidArgumentError, Option as Flag } from 'commander'
import { isLike, nearest } from '../config/nearest'
import type { SettingName } from '../config/settings_table'
import { formatLockstep } from '../system/commands'
import { LockstepError } from '../system/errors'
import type { Call, Command } from './command'
import { flagsOf, type CommandFlag } from './flags'

/** The wish of a command line. */
export type Asked =
  | { page: 'all' }
  | { page: 'version' }
  | { page: 'one'; name: string }
  | {
      page?: undefined
      name: string
      args: Call['args']
      options: Call['options']
      /** The values of settings, each as its flags gave them. */
      settings: ReadonlyMap<SettingName, readonly string[]>
    }

/** A command with its name. */
interface Named {
  name: string
  command: Command
}

/**
 * Parses a command line, without the name of the program.
 * @throws LockstepError `bad-input` naming the closest command or flag
 */
export function parseCommandLine(
  words: readonly string[],
  commands: Readonly<Record<string, Command>>,
): Asked {
  const [first = 'help', ...rest] = words
  if (['--version', '-V', '-v'].includes(first)) return { page: 'version' }
  if (['--help', '-h'].includes(first)) return parseCommandLine(['help', ...rest], commands)
  const command = expectCommand(first, commands)
  if (asksForHelp(rest)) return { page: 'one', name: first }
  const asked = parseCall({ name: first, command }, rest, commands)
  if (first !== 'help') return asked
  const [page] = asked.args
  if (page === undefined) return { page: 'all' }
  expectCommand(page, commands)
  return { page: 'one', name: page }
}

function expectCommand(name: string, commands: Readonly<Record<string, Command>>): Command {
  const command = Object.hasOwn(commands, name) ? commands[name] : undefined
  if (command !== undefined) return command
  if (name.startsWith('-')) {
    const meant = closest(name, ['--help', '--version'])
    throw misuse(
      `there is no option ${quote(name)}${meant === '' ? '; a command stands before its options' : meant}`,
      'help',
    )
  }
  const known = [...Object.keys(commands), '--version']
  throw misuse(`there is no command ${quote(name)}${closest(name, known)}`, 'help')
}

/** Returns whether a command's help is asked for, wherever that stands. Behind `--` all words are arguments. */
function asksForHelp(words: readonly string[]): boolean {
  const end = words.indexOf('--')
  return (end === -1 ? words : words.slice(0, end)).some((word) => word === '--help' || word === '-h')
}

function parseCall(
  named: Named,
  words: readonly string[],
  commands: Readonly<Record<string, Command>>,
): Exclude<Asked, { page: string }> {
  const { name, command } = named
  const flags = flagsOf(command)
  expectValues(named, flags, words)
  const parser = parserOf(named, flags)
  try {
    parser.parse([...words], { from: 'user' })
  } catch (error) {
    throw error instanceof CommanderError ? refusalOf(error, named, commands) : error
  }
  expectArguments(named, parser.args)
  const values = parser.opts<Record<string, string | true | string[]>>()
  const given = (flag: CommandFlag) => values[camelOf(flag.name)]
  const own = flags.filter(({ setting }) => setting === undefined)
  const options = own.map((flag) => {
    const absent = flag.takes === undefined ? false : flag.many ? [] : undefined
    return [flag.name, given(flag) ?? absent] as const
  })
  const settings = flags.flatMap((flag) => {
    const value = given(flag)
    if (flag.setting === undefined || value === undefined || value === true) return []
    return [[flag.setting, [value].flat()] as const]
  })
  return { name, args: parser.args, options: Object.fromEntries(options), settings: new Map(settings) }
}

function parserOf({ name }: Named, flags: readonly CommandFlag[]): Parser {
  const parser = new Parser(name).exitOverride().helpOption(false).allowExcessArguments()
  parser.configureOutput({ writeOut: () => {}, writeErr: () => {} }).showSuggestionAfterError(false)
  parser.argument('[word...]')
  for (const flag of flags) parser.addOption(parsedFlag(flag))
  return parser
}

function parsedFlag({ name, takes, many, only, setting }: CommandFlag): Flag {
  if (takes === undefined) return new Flag(`--${name}`)
  return new Flag(`--${name} <value>`).argParser((value: string, before: string | string[] | undefined) => {
    if (only !== undefined && !only.includes(value))
      throw new InvalidArgumentError(`--${name} is ${quote(value)}; write ${only.join(' or ')}`)
    // A script's variable that is not set would leave the choice to the command. A setting has a sentence of its own.
    if (setting === undefined && value.trim() === '')
      throw new InvalidArgumentError(`--${name} is empty; leave it out, or write its value`)
    if (many) return [...[before ?? []].flat(), value]
    // The last of two values would win without a word, and the first one may be the guard.
    if (before !== undefined) throw new InvalidArgumentError(`--${name} is given twice`)
    return value
  })
}

/** Refuses a flag that takes the next flag for its value: a guard such as --plan would be gone without a word. */
function expectValues({ name }: Named, flags: readonly CommandFlag[], words: readonly string[]): void {
  const end = words.indexOf('--')
  const before = end === -1 ? words : words.slice(0, end)
  const takers = new Map(
    flags.flatMap((flag) => (flag.takes === undefined ? [] : [[`--${flag.name}`, flag]])),
  )
  words.forEach((word, index) => {
    if (index >= before.length || !takers.has(word)) return
    const value = words[index + 1]
    if (value === undefined || value === '--' || /^-./.test(value))
      throw misuse(
        `${word} takes a value${value === undefined ? '' : `, and ${quote(value)} is none; ${word}=${value} makes it one`}`,
        `${name} --help`,
      )
  })
}

function expectArguments({ name, command }: Named, args: readonly string[]): void {
  const declared = command.arguments ?? []
  const missing = declared.find(({ needed }, index) => needed && args[index] === undefined)
  const how = `${name} --help`
  if (missing !== undefined) throw misuse(`which ${missing.name}? ${name} takes ${missing.help}`, how)
  const odd = args[declared.length]
  if (odd !== undefined && declared.at(-1)?.many !== true)
    throw misuse(
      `${name} takes ${declared.length === 0 ? 'no argument' : `one ${declared[0]?.name}`}, not ${quote(odd)} too`,
      how,
    )
  declared.forEach(({ name: what, only }, index) => {
    const word = args[index]
    if (word === undefined || only === undefined || only.includes(word)) return
    throw misuse(`there is no ${what} ${quote(word)}${closest(word, only)}; it is ${only.join(' or ')}`, how)
  })
}

function refusalOf(
  error: CommanderError,
  named: Named,
  commands: Readonly<Record<string, Command>>,
): LockstepError {
  const how = `${named.name} --help`
  if (error.code === 'commander.unknownOption') {
    const [, word = ''] = /unknown option '([^']*)'/s.exec(error.message) ?? []
    return misuse(`${named.name} has no option ${quote(word)}${insteadOf(word, named, commands)}`, how)
  }
  if (error.code === 'commander.invalidArgument') {
    const [, said = error.message] = /is invalid\. (.*)/s.exec(error.message) ?? []
    return misuse(said, how)
  }
  return misuse(error.message.replace(/^error: /, ''), how)
}

/** Returns what a person may have meant by an option that a command has not. */
function insteadOf(word: string, { command }: Named, commands: Readonly<Record<string, Command>>): string {
  const [flag = ''] = word.split('=', 1)
  const ofCucumber = command.becomesCucumber === true ? OF_CUCUMBER[flag] : undefined
  if (ofCucumber !== undefined) return ofCucumber
  const meant = closest(
    flag,
    flagsOf(command).map(({ name }) => `--${name}`),
  )
  const others = Object.keys(commands).filter((name) =>
    flagsOf(commands[name] ?? command).some((each) => `--${each.name}` === flag),
  )
  return meant === '' && others.length > 0 ? `; it is one of ${others.join(', ')}` : meant
}

/** The options of cucumber-js that people may look for, and why there are none of that name. */
const OF_CUCUMBER: Readonly<Record<string, string>> = {
  '-t': '; write --tags',
  '-p': '; write --profile',
  '-c': '; write --cucumber-config',
  '--dry-run': ': to see what would be done, say plan',
  '--retry': ': a retried step would be a second deploy',
  '--parallel': ': each step fans out by itself',
  '--plugin': ": it could change what counts as passed; put it into the team's own profile",
}

function misuse(why: string, how: string): LockstepError {
  return new LockstepError('bad-input', `${why}; ${formatLockstep(how)} tells more`)
}

function closest(name: string, known: readonly string[]): string {
  const meant = nearest(name, known)
  return isLike(name, meant) ? `; the closest one is ${meant}` : ''
}

function quote(word: string): string {
  return JSON.stringify(word.slice(0, 80))
}

function camelOf(name: string): string {
  return name.replaceAll(/-(\w)/g, (_, letter: string) => letter.toUpperCase())
}
