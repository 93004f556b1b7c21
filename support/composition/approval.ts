import { randomBytes } from 'node:crypto'
import type { Approval } from '../rollout/ports'
import type { JournalEntry } from '../rollout/model/journal_entry'
import { describeGateEnd } from '../rollout/model/gate'
import { pause } from '../system/clock'
import { formatDuration } from '../system/duration'
import { LockstepError } from '../system/errors'
import { tellWhile } from '../system/wait'
import { removeGateAnswer } from '../run/gate_answers'
import {
  byConsole,
  byConsoleAlone,
  byFile,
  bySignal,
  byTerminal,
  closed,
  hearSignalAlways,
  type Answer,
  type Way,
  type WayOptions,
} from './approval_ways'

export interface ApprovalOptions extends WayOptions {
  /** The value of LOCKSTEP_APPROVAL: a file to wait for, `signal`, or `console`. */
  means: string | undefined
  terminal: boolean
  stopping: AbortSignal
  tellWait: Parameters<typeof tellWhile>[0]
  /** Resolves once an event is in the journal of the run. */
  append: (event: Extract<JournalEntry, { type: 'gate waits' | 'gate ended' }>) => Promise<void>
}

/**
 * Returns how a run gets its approval: from a file, by a signal, or at the terminal. Where LOCKSTEP_APPROVAL names a
 * file, the run waits until it says `<run> <who>`; where it is `signal`, for SIGUSR2. Otherwise the run asks at the
 * terminal. A file of an earlier run approves nothing, since it names that run. The console of `lockstep serve` may answer
 * as well, whichever comes first. The journal says that the gate waits, and what it came to, before the run goes on.
 */
export function approval(options: ApprovalOptions): Approval {
  return {
    ask: (question, within) =>
      tellWhile(options.tellWait, { what: 'approval', withinMs: within }, () =>
        ask(question, within, options),
      ),
  }
}

async function ask(question: string, within: number, options: ApprovalOptions): Promise<string> {
  const { append, clock, run, state } = options
  const own = wayOf(options)
  if (own === bySignal) hearSignalAlways()
  const gate = randomBytes(8).toString('hex')
  const until = new Date(clock.now() + within).toISOString()
  await append({ type: 'gate waits', gate, question, until })
  try {
    const answer = await firstAnswer(own, { question, gate, within }, options)
    const { outcome } = answer
    const named = 'by' in answer ? { by: answer.by, means: answer.means } : {}
    // A yes that is not on disk opens nothing.
    await append({ type: 'gate ended', gate, outcome, ...named })
    if (outcome === 'approved') return answer.by
    if (outcome === 'refused') throw closed(`approval was ${describeGateEnd(answer)}`)
    if (outcome === 'late') throw closed(`nobody approved within ${formatDuration(within)}`)
    throw new LockstepError('interrupted', 'the operator asked to stop while approval was waited for')
  } finally {
    removeGateAnswer(state, { run, gate })
  }
}

type Ended = Answer | { outcome: 'late' } | { outcome: 'stopped' }

/** Asks by each way, until one of them has an answer, the time is over, or the operator asks to stop. */
async function firstAnswer(
  own: Way,
  asked: { question: string; gate: string; within: number },
  options: ApprovalOptions,
): Promise<Ended> {
  const { clock, stopping, append, say } = options
  const over = new AbortController()
  const signal = AbortSignal.any([stopping, over.signal])
  const late = async (): Promise<Ended> => {
    await pause(clock, asked.within, signal)
    return { outcome: 'late' }
  }
  const ways = own === byConsoleAlone ? [own] : [own, byConsole]
  const all: Promise<Ended>[] = [...ways.map((way) => way(asked, signal, options)), late()]
  try {
    const first = await Promise.race(all)
    over.abort()
    await Promise.allSettled(all)
    if ('means' in first && first.means === 'console') say(`${describeGateEnd(first)}.`)
    return first
  } catch (error) {
    over.abort()
    await Promise.allSettled(all)
    if (stopping.aborted) return { outcome: 'stopped' }
    await append({ type: 'gate ended', gate: asked.gate, outcome: 'failed' })
    throw error
  }
}

/** Returns the way of the run's own: the one that it was told, or its terminal. @throws LockstepError `gate-closed` */
function wayOf({ means, terminal }: ApprovalOptions): Way {
  if (means === 'signal') return bySignal
  if (means === 'console') return byConsoleAlone
  if (means !== undefined && means !== '') return byFile(means)
  if (terminal) return byTerminal
  throw closed(
    'approval is asked for, and there is nobody to ask: no terminal, and LOCKSTEP_APPROVAL names neither a file nor "signal" nor "console"',
  )
}

/** Returns how a rehearsal gets its approval: nobody is asked about simulated hosts, and the lines behind are tried. */
export function approvalOfRehearsal(note: (text: string) => void): Approval {
  return {
    async ask(question) {
      note(`not now: in a rollout, a person would be asked: ${question}`)
      return 'nobody, in a rehearsal'
    },
  }
}
