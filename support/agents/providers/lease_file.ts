import type { CommandRunner } from '../../system/command'
import { readTexts } from '../../system/host_texts'
import type { KeptLease, Lease, LeaseStore } from '../lock'
import { exchangeText } from './exchange_text'

/**
 * Returns a store with the lease in a file of the host that programs are run on. The file is replaced as a whole, and is
 * on disk before a rollout learns that it has the lease.
 */
export function leaseFile(path: string, run: CommandRunner): LeaseStore {
  return {
    async read() {
      const text = (await readTexts(run, [path])).get(path)
      if (text instanceof Error) throw unreadable(path, text)
      return { text, lease: text === undefined ? undefined : leaseIn(path, text) }
    },
    exchange: ({ text }: KeptLease, next) =>
      exchangeText(
        run,
        { called: 'the lease', path },
        text,
        next === undefined ? undefined : `${JSON.stringify(next)}\n`,
      ),
  }
}

/**
 * Reads the lease out of a file's text.
 * @throws Error for a file that is no lease: the owner of the host is not known then, and no rollout gets it
 */
function leaseIn(path: string, text: string): Lease {
  let found: unknown
  try {
    found = JSON.parse(text)
  } catch {
    // The error is thrown below.
  }
  const lease = (typeof found === 'object' ? found : null) as Partial<Lease> | null
  const texts = [lease?.run, lease?.owner, lease?.feature]
  const times = [lease?.since, lease?.until]
  if (
    lease === null ||
    !texts.every((each) => typeof each === 'string') ||
    !times.every((each) => Number.isInteger(each))
  )
    throw unreadable(path)
  return lease as Lease
}

function unreadable(path: string, cause?: Error): Error {
  return new Error(
    `the lease of this host cannot be read; look at ${path}, and remove it if no rollout runs`,
    { cause },
  )
}
