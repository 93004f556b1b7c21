import type { Journal, JournalEntry, Request } from '../rollout/ports'
import { scrubber } from '../system/log'

/** A journal that does not keep the secrets which actions are told. Nothing else of an entry can have one. */
export function discreet(journal: Journal, secrets: readonly string[]): Journal {
  if (secrets.length === 0) return journal
  const hide = scrubber(secrets)
  return {
    append: (entry) =>
      journal.append(entry.type === 'asked' ? { ...entry, inputs: hidden(entry, hide) } : entry),
  }
}

type Asked = Extract<JournalEntry, { type: 'asked' }>

function hidden({ inputs }: Asked, hide: (text: string) => string): Request['inputs'] {
  const pairs = Object.entries(inputs).map(([name, value]) => {
    const text = hide(String(value))
    return [name, text === String(value) ? value : text] as const
  })
  return Object.fromEntries(pairs)
}
