import { parseArgs, type ParseArgsConfig } from 'node:util'
import { LockstepError } from '../system/errors'

/**
 * Parses the options of a command. `hint` says what a person writes instead; without one, the known options are named.
 * @throws LockstepError `bad-input`
 */
export function parseOptions<const Options extends NonNullable<ParseArgsConfig['options']>>(
  args: readonly string[],
  options: Options,
  hint?: string,
): ReturnType<typeof parseArgs<{ args: string[]; options: Options }>>['values'] {
  try {
    return parseArgs({ args: [...args], options }).values
  } catch (error) {
    const known = Object.keys(options).map((name) => `--${name}`)
    const { message } = error as Error
    throw new LockstepError('bad-input', `${message}; ${hint ?? `there are: ${known.join(', ')}`}`, {
      cause: error,
    })
  }
}
