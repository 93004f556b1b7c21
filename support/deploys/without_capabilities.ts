import { readFileSync } from 'node:fs'

/**
 * Returns the words of a command that starts without the rights by which `lockstep serve` becomes the user of builds. A
 * process that is not root hands them on to all that it starts. Source: capabilities(7), ambient set.
 */
export function withoutCapabilities(words: readonly string[], status = ownStatus()): readonly string[] {
  const [, ambient = '0'] = /^CapAmb:\s*([0-9a-f]+)$/m.exec(status) ?? []
  return /^0+$/.test(ambient) ? words : ['setpriv', '--inh-caps=-all', '--ambient-caps=-all', '--', ...words]
}

function ownStatus(): string {
  try {
    return readFileSync('/proc/self/status', 'latin1')
  } catch {
    return ''
  }
}
