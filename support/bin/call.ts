import { expectSettings } from '../config/settings'
import { COMMANDS } from './commands'
import type { Command, Handover, Outcome } from './command'
import { parseCommandLine, type Asked } from './parse'
import { putSettings } from './put_settings'

/**
 * Does what a command line asks for. Its flags are put into the environment, where they win over variables.
 * @throws LockstepError for a mistake, or where the command could not do it
 */
export async function call(
  words: readonly string[],
  cwd: string,
  env: Record<string, string | undefined>,
): Promise<Outcome | Handover> {
  const asked = parseCommandLine(words, COMMANDS)
  if (asked.page !== undefined) return { text: pageOf(asked), exitCode: 0 }
  const { name, args, options, settings } = asked
  putSettings(settings, env)
  expectSettings(env)
  return commandOf(name).run({ cwd, env, args, options, commands: COMMANDS })
}

function pageOf(asked: Exclude<Asked, { page?: undefined }>): string {
  if (asked.page === 'version') {
    const { version } = require('lockstep/package.json') as { version: string }
    return `lockstep ${version}\n`
  }
  const { formatCommandHelp, formatHelp } = require('./help') as typeof import('./help')
  return asked.page === 'all' ? formatHelp(COMMANDS) : formatCommandHelp(asked.name, commandOf(asked.name))
}

function commandOf(name: string): Command {
  const command = COMMANDS[name]
  if (command === undefined) throw new Error(`there is no command ${name}`)
  return command
}
