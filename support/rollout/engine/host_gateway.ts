import { pause, type Clock } from '../../system/clock'
import { LockstepError } from '../../system/errors'
import type { UnexpectedMessage } from '../../system/unexpected_messages'
import type { TellWait } from '../../system/wait'
import { AnswerStopwatch, type AnswerTimes } from '../model/answer_times'
import type { Answer, Answers, Request } from '../model/answers'
import type { Journal } from '../model/journal_entry'
import type { HostGateway } from '../model/obligation'
import type { Audience, Fleet } from '../ports'
import type { Line } from './line'

interface Surroundings {
  fleet: Fleet
  journal: Journal
  audience: Audience
  clock: Clock
  stopping: AbortSignal
  line: Line
  newId: () => string
  /**
   * Resolves once these hosts may be changed, their locks taken.
   * @throws LockstepError when nothing may be changed, or another rollout has a lock
   */
  beforeChange: (request: Request, hosts: readonly string[]) => Promise<void>
  /** Checks, right before a request goes out that changes hosts, that their locks were not lost since. */
  expectOwned: () => void
  overhear: (message: UnexpectedMessage) => void
}

/**
 * The way of verbs to hosts. A request that changes hosts needs their locks first. Every request is in the journal before
 * it is sent, and its outcome before anything follows from it.
 */
export class JournalledGateway implements HostGateway {
  private changedHosts = false

  constructor(private readonly around: Surroundings) {}

  /** True when any host got an order that changes it. */
  get hasChangedHosts(): boolean {
    return this.changedHosts
  }

  readonly ask = (asked: Request, hosts: readonly string[]): Promise<Answers> => {
    const { fleet, audience, clock, expectOwned } = this.around
    const request = explicit(asked)
    const stopwatch = new AnswerStopwatch(() => clock.elapsed())
    const send = (beforeSend: (requestId: string) => Promise<void>) =>
      fleet.call(request, hosts, {
        async beforeSend(requestId) {
          await beforeSend(requestId)
          stopwatch.start()
        },
        expectAllowed: request.mutating ? expectOwned : undefined,
        tellWait: audience.tellWait,
        onAnswer: () => stopwatch.lap(),
      })
    return this.journalled(request, hosts, send, () => stopwatch.times)
  }

  record(
    request: Request,
    hosts: readonly string[],
    work: () => Promise<ReadonlyMap<string, Answer>>,
  ): Promise<Answers> {
    return this.journalled(request, hosts, async (beforeSend) => {
      const requestId = this.around.newId()
      await beforeSend(requestId)
      return { requestId, outcomes: await work(), unexpected: [], interrupted: false }
    })
  }

  async wait(ms: number): Promise<void> {
    const { clock, stopping } = this.around
    try {
      await pause(clock, ms, stopping)
    } catch (error) {
      throw new LockstepError('interrupted', 'the operator asked to stop while this step was waiting', {
        cause: error,
      })
    }
  }

  elapsed(): number {
    return this.around.clock.elapsed()
  }

  get tellWait(): TellWait {
    return this.around.audience.tellWait
  }

  private async journalled(
    request: Request,
    hosts: readonly string[],
    send: (beforeSend: (requestId: string) => Promise<void>) => Promise<Answers>,
    timesOf: () => AnswerTimes | undefined = () => undefined,
  ): Promise<Answers> {
    const { journal, beforeChange, expectOwned, overhear } = this.around
    // A step that goes on after its line must not have its request written down as another line's.
    const { step, line } = this.around.line
    if (request.mutating) {
      await beforeChange(request, hosts)
      this.changedHosts = true
    }
    const answers = await send(async (requestId) => {
      await journal.append({ type: 'asked', step, line, requestId, ...withoutHidden(request), hosts })
      // A disk or a process may have stood still meanwhile, for longer than a lock is good.
      if (request.mutating) expectOwned()
    })
    // A message that fails counts even where a verb leaves it out of its verdict.
    for (const message of answers.unexpected) if (message.fails) overhear(message)
    const { requestId, interrupted } = answers
    const [outcomes, times] = [byKind(answers.outcomes), timesOf()]
    await journal.append({
      type: 'answered',
      requestId,
      outcomes,
      interrupted,
      ...(times === undefined ? {} : { times }),
    })
    return answers
  }
}

/** Returns a gateway that refuses each request which changes hosts, before it is written down or sent. */
export function readOnlyGateway(gateway: HostGateway): HostGateway {
  const refuse = async ({ action, agent, mutating }: Request): Promise<void> => {
    if (mutating) throw nothingMayChange(`${action} of ${agent}`)
  }
  return {
    ask: async (request, hosts) => {
      await refuse(request)
      return gateway.ask(request, hosts)
    },
    record: async (request, hosts, work) => {
      await refuse(request)
      return gateway.record(request, hosts, work)
    },
    wait: (ms) => gateway.wait(ms),
    elapsed: () => gateway.elapsed(),
    tellWait: gateway.tellWait,
  }
}

/**
 * Returns the error for a team's own step that is about to change hosts where nothing may be changed. A step that goes
 * by a verb is planned instead.
 */
export function nothingMayChange(what: string): LockstepError {
  return new LockstepError(
    'bad-feature',
    `${what} was about to be sent, and nothing may be changed; it was not sent. A step of your own is planned only where it goes by a verb of the rollout, such as this.rollout.agents.run`,
  )
}

/**
 * Returns the error for a team's own step that is about to change hosts in a scenario that an earlier run has done. A
 * step that goes by a verb is passed over there.
 */
export function onlyProvedAgain(what: string, { step, line }: Line): LockstepError {
  return new LockstepError(
    'bad-feature',
    `${what} was about to be sent by "${step}" (line ${line}), in a scenario that the resumed run has done; it was not sent. A step of your own is passed over there only where it goes by a verb of the rollout, such as this.rollout.agents.run; let it do so, and resume the run again`,
  )
}

/** Returns a request that says whether it changes hosts. A step in JavaScript may leave that out: it is taken to. */
function explicit({ mutating = true, ...rest }: Omit<Request, 'mutating'> & { mutating?: boolean }): Request {
  return { ...rest, mutating }
}

/** Returns a request as it is written down. */
function withoutHidden({ hidden = [], ...request }: Request): Omit<Request, 'hidden'> {
  const inputs = Object.entries(request.inputs).map(
    ([name, value]) => [name, hidden.includes(name) ? HIDDEN : value] as const,
  )
  return { ...request, inputs: Object.fromEntries(inputs) }
}

const HIDDEN = '***'

function byKind(outcomes: ReadonlyMap<string, Answer>): Record<string, string[]> {
  const kinds: Record<string, string[]> = {}
  for (const [host, { kind }] of outcomes) (kinds[kind] ??= []).push(host)
  return kinds
}
