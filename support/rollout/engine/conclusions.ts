import { LockstepError } from '../../system/errors'
import type { Redact } from '../../system/redaction'
import { UnexpectedMessages, type UnexpectedMessage } from '../../system/unexpected_messages'
import type { Journal } from '../model/journal_entry'
import { describe, hasPassed, mayGoOn, type Verdict } from '../model/verdict'
import type { Audience } from '../ports'
import type { ConcludeOptions } from './executor'
import type { Halt } from './halt'
import type { Line } from './line'
import type { Scope } from './scope'

interface Surroundings {
  scope: Scope
  halt: Halt
  line: Line
  journal: Journal
  audience: Audience
  redact: Redact
}

/** The verdicts of a rollout: each is judged by the failure budget, shown, written down, and may stop the rollout. */
export class Conclusions {
  private failing: Verdict | undefined
  private readonly unsolicited: UnexpectedMessages<UnexpectedMessage>

  constructor(
    private readonly around: Surroundings,
    isKnown: (host: string) => boolean,
  ) {
    this.unsolicited = new UnexpectedMessages(isKnown)
  }

  /** The verdict that stopped the rollout; undefined when none did. */
  get failure(): Verdict | undefined {
    return this.failing
  }

  /** Adds a message that came while nothing waited for it; one that fails makes the next verdict fail. */
  addUnsolicited(message: UnexpectedMessage): void {
    this.unsolicited.add(message)
  }

  /** Returns, and forgets, the unexpected messages since the last verdict. */
  takeUnsolicited(): UnexpectedMessage[] {
    return this.unsolicited.take()
  }

  /** True when a message has come since the last verdict that makes the next one fail. */
  get hasOverheardFailure(): boolean {
    return this.unsolicited.all.some(({ fails }) => fails)
  }

  /**
   * Makes a verdict known. A verdict that has not passed stops the rollout, unless it may go on. Hosts that failed
   * within the budget are out from then on.
   */
  async conclude(verdict: Verdict, { budgeted = true }: ConcludeOptions = {}): Promise<Verdict> {
    const { journal, line, halt } = this.around
    const whole = await this.judge(verdict, budgeted)
    const passed = hasPassed(whole)
    if (!passed && !mayGoOn(whole)) {
      this.failing ??= whole
      halt.stopAt(new LockstepError('diverged', describe(whole)))
    }
    await journal.append({ type: 'verdict', step: line.step, line: line.line, verdict: whole })
    return whole
  }

  /** Returns a verdict without a secret in what was seen: its receiver may cut it. */
  redacted(verdict: Verdict): Verdict {
    const told = new Map<string, string>()
    const hidden = (text: string) => {
      const known = told.get(text) ?? this.around.redact(text)
      told.set(text, known)
      return known
    }
    return {
      ...verdict,
      observations: verdict.observations.map((each) => ({ ...each, seen: hidden(each.seen) })),
      unexpected: verdict.unexpected.map((each) => ({ ...each, detail: hidden(each.detail) })),
    }
  }

  private async judge(shown: Verdict, budgeted: boolean): Promise<Verdict> {
    const { scope, journal } = this.around
    const { budget, current } = scope
    const verdict = this.redacted({
      ...shown,
      unexpected: merge([...shown.unexpected, ...this.takeUnsolicited()]),
    })
    const out = current.filter((host) => budget.isOut(host))
    const whole = { ...verdict, ...(out.length > 0 ? { out } : {}) }
    const failed = verdict.observations.filter(({ passed }) => !passed)
    if (!budgeted || failed.length === 0 || verdict.unexpected.some(({ fails }) => fails)) return whole
    const names = failed.map(({ host }) => host)
    if (!budget.tolerates(names, current, scope.known)) return whole
    await journal.append({ type: 'out', hosts: names })
    budget.putOut(failed)
    return { ...whole, tolerated: true }
  }
}

/**
 * Returns each unexpected message once. A message to a step's own calls is also among the overheard ones, so that no
 * step leaves it out.
 */
function merge(unexpected: readonly UnexpectedMessage[]): UnexpectedMessage[] {
  const told = new Map<string, UnexpectedMessage>()
  for (const message of unexpected) {
    const key = JSON.stringify([message.kind, message.host, message.detail, message.fails])
    const before = told.get(key)
    if (before === undefined || (before.times ?? 1) < (message.times ?? 1)) told.set(key, message)
  }
  return [...told.values()]
}
