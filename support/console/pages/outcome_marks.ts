import type { HistoryEntry } from '../../history/history_record'
import type { Mark } from './parts'

/** Returns the sign of how a run ended, in the words of the history. */
export function outcomeMark({ outcome, mode }: Pick<HistoryEntry, 'outcome' | 'mode'>): Mark {
  const text = mode === 'noop' ? `${outcome} (safe mode)` : outcome
  switch (outcome) {
    case 'passed':
      return { text: `✔ ${text}`, tone: 'good' }
    case 'passed with failures':
      return { text: `! ${text}`, tone: 'warn' }
    case 'refused':
      return { text: `− ${text}`, tone: 'muted' }
    case 'failed':
    case 'interrupted':
    case 'cut off':
      return { text: `✘ ${text}`, tone: 'bad' }
  }
}
