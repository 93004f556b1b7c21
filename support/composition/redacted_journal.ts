import type { Journal } from '../rollout/model/journal_entry'
import type { JournalEntry } from '../rollout/model/journal_entry'
import type { Request } from '../rollout/model/answers'
import { redactorOfOthers, redactor, type Redact } from '../system/redaction'

/**
 * Returns a journal that keeps no secret of what actions are told, nor of what hosts and people have said. Names of
 * hosts, versions and obligations stay as they are, since a later run goes by them.
 */
export function redactJournal(journal: Journal, secrets: readonly string[]): Journal {
  if (secrets.length === 0) return journal
  const [redact, hideSaid] = [redactor(secrets), redactorOfOthers(secrets)]
  return { append: (entry) => journal.append(hidden(entry, redact, hideSaid)) }
}

function hidden(entry: JournalEntry, redact: Redact, hideSaid: Redact): JournalEntry {
  switch (entry.type) {
    case 'asked':
      return { ...entry, inputs: withoutSecrets(entry.inputs, redact) }
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

function withoutSecrets(inputs: Request['inputs'], redact: Redact): Request['inputs'] {
  const pairs = Object.entries(inputs).map(([name, value]) => {
    const text = redact(String(value))
    return [name, text === String(value) ? value : text] as const
  })
  return Object.fromEntries(pairs)
}
