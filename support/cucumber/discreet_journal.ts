import type { Journal, JournalEntry, Request } from '../rollout/ports'
import { saidScrubber, scrubber, type Hide } from '../system/hiding'

/**
 * Returns a journal that keeps no secret of what actions are told, nor of what hosts and people have said. Names of
 * hosts, versions and obligations stay as they are, since a later run goes by them.
 */
export function discreet(journal: Journal, secrets: readonly string[]): Journal {
  if (secrets.length === 0) return journal
  const [hide, hideSaid] = [scrubber(secrets), saidScrubber(secrets)]
  return { append: (entry) => journal.append(hidden(entry, hide, hideSaid)) }
}

function hidden(entry: JournalEntry, hide: Hide, hideSaid: Hide): JournalEntry {
  switch (entry.type) {
    case 'asked':
      return { ...entry, inputs: withoutSecrets(entry.inputs, hide) }
    case 'approved':
      return { ...entry, by: hideSaid(entry.by) }
    case 'locked':
      return { ...entry, reason: hideSaid(entry.reason) }
    case 'planned':
      return {
        ...entry,
        fates: entry.fates.map(({ from, to, hosts }) => ({
          from: hideSaid(from),
          to: to === null ? null : hideSaid(to),
          hosts,
        })),
      }
    default:
      return entry
  }
}

function withoutSecrets(inputs: Request['inputs'], hide: Hide): Request['inputs'] {
  const pairs = Object.entries(inputs).map(([name, value]) => {
    const text = hide(String(value))
    return [name, text === String(value) ? value : text] as const
  })
  return Object.fromEntries(pairs)
}
