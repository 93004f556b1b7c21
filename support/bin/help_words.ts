import type { Argument } from './command'
import type { CommandFlag } from './flags'

/** Returns an argument as a call has it. */
export function wordOf({ name, needed, many }: Argument): string {
  const word = `<${name}>${many ? '…' : ''}`
  return needed ? word : `[${word}]`
}

/** Returns a flag with its value, as a call has it. */
export function formatFlag({ name, takes }: CommandFlag): string {
  return takes === undefined ? `--${name}` : `--${name} <${takes}>`
}

/** Returns a flag's help with the value where it is left out. */
export function describeFlag({ help, default: fallback, many }: CommandFlag): string {
  const often = many ? '; as often as needed' : ''
  return `${help}${often}${fallback === undefined ? '' : ` (else: ${fallback})`}`
}
