import type { ConsoleApproval } from '../../config/console_setting'
import { isUnderWay } from '../../starts/starter'
import { planOf, type Start } from '../../starts/start_state'
import type { Mark } from '../pages/parts'

/** Returns what a start waits for, or came to, in a few words. `over` is why its plan waits for no one any more, where that is known. */
export function standingOfStart(start: Start, approval: ConsoleApproval, over?: string): Mark {
  const { rollout, steps, withdrawn } = start
  if (withdrawn !== undefined) return { text: `✘ withdrawn by ${withdrawn.by}`, tone: 'bad' }
  if (rollout?.ended !== undefined) {
    const { result, verdict } = rollout.ended
    if (result === 'succeeded') return { text: `✔ ${verdict ?? 'rolled out'}`, tone: 'good' }
    return { text: `✘ ${verdict ?? `rollout ${result}`}`, tone: 'bad' }
  }
  if (rollout !== undefined) return { text: 'is being rolled out', tone: 'warn' }
  if (steps.length === 0) return { text: 'waits to be planned', tone: 'warn' }
  if (isUnderWay(start)) return { text: 'is being planned', tone: 'warn' }
  if (planOf(start) === undefined) {
    const last = steps.at(-1)
    return { text: `✘ ${last?.name ?? 'lint'} ${last?.ended?.result ?? 'interrupted'}`, tone: 'bad' }
  }
  if (over !== undefined) return { text: '✘ has to be planned again', tone: 'bad' }
  if (start.approved === undefined && approval !== 'none')
    return {
      text: approval === 'anybody' ? 'waits for approval' : `waits for approval, not by ${start.by}`,
      tone: 'warn',
    }
  return { text: 'waits for its rollout to be started', tone: 'warn' }
}
