import type { Clock } from '../system/clock'
import {
  keyOfLook,
  type Look,
  type LookAnswer,
  type LookBegun,
  type LookEnded,
  type LookWanted,
} from './look'
import type { LookFiles } from './look_files'

/** The commands that ask hosts. */
export interface LookCommands {
  newId(): string
  /** Asks, and resolves with the answer, or why there is none. It ends with the signal, and rejects for nothing. */
  carryOut(look: LookBegun, signal: AbortSignal): Promise<LookAnswer | { why: string }>
  /** Ends the command of a look that a process has left which is gone. */
  end(id: string): void
}

/** The looks that are under way at the same time, in all environments together. */
const MAX_AT_ONCE = 4
/** The looks that are kept, at most, and those among them that ask the same. */
const MAX_KEPT = 200
const MAX_ALIKE = 3
/** The answers that are kept in memory. */
const MAX_ANSWERS = 8

const CUT_OFF = 'lockstep serve ended while the hosts were asked, so nothing is known of them; ask again'

/**
 * The looks at hosts that people ask for: one at a time in an environment. One that ended with its process is said to be
 * cut off, and is not asked again by itself.
 */
export class Looks {
  private readonly known = new Map<string, Look>()
  private readonly answers = new Map<string, LookAnswer>()
  private readonly running = new Map<string, Promise<void>>()
  private end: AbortSignal | undefined

  constructor(
    private readonly files: LookFiles,
    private readonly commands: LookCommands,
    private readonly clock: Pick<Clock, 'now'>,
  ) {}

  /** Reads what was asked before, and takes questions until the signal; resolves once none is under way. */
  async work(signal: AbortSignal): Promise<void> {
    for (const begun of this.files.begun()) {
      const read = this.files.endOf(begun.id)
      if (read === undefined) this.commands.end(begun.id)
      const ended = read ?? this.cutOff()
      if (read === undefined) this.files.end(begun.id, ended)
      this.known.set(begun.id, { ...begun, ended: withoutAnswer(ended) })
    }
    this.prune()
    this.end = signal
    if (!signal.aborted)
      await new Promise<void>((done) => signal.addEventListener('abort', () => done(), { once: true }))
    this.end = undefined
    await Promise.all(this.running.values())
  }

  /** Returns all looks that are kept, the newest first. */
  all(): Look[] {
    return [...this.known.values()].reverse()
  }

  find(id: string): Look | undefined {
    return this.known.get(id)
  }

  /** Returns the answer of a look; undefined where it has none. */
  answerOf(id: string): LookAnswer | undefined {
    const kept = this.answers.get(id)
    if (kept !== undefined) return kept
    const answer = this.known.has(id) ? this.files.endOf(id)?.answer : undefined
    if (answer == null) return undefined
    this.answers.set(id, answer)
    for (const [oldest] of this.answers) if (this.answers.size > MAX_ANSWERS) this.answers.delete(oldest)
    return answer
  }

  /** Returns why an environment cannot be asked now; undefined where it can. */
  whyNot(environment: string): string | undefined {
    if (this.end === undefined) return 'lockstep serve has only just begun, or ends; ask again in a moment'
    const own = [...this.running.keys()].flatMap((id) => this.known.get(id) ?? [])
    if (own.some((look) => look.environment === environment))
      return `hosts of ${environment} are being asked already; wait until that has ended`
    return own.length >= MAX_AT_ONCE
      ? `hosts of ${MAX_AT_ONCE} environments are being asked already; wait until one has ended`
      : undefined
  }

  /** Asks the hosts of an environment. It is on disk before a host is asked. @throws Error of the system */
  ask(order: { by: string; environment: string; wanted: LookWanted }): { id: string } | { why: string } {
    const why = this.whyNot(order.environment)
    const { end } = this
    if (why !== undefined || end === undefined) return { why: why ?? '' }
    const begun: LookBegun = { id: this.commands.newId(), at: this.time(), ...order }
    this.files.begin(begun)
    this.known.set(begun.id, { ...begun, ended: undefined })
    this.running.set(
      begun.id,
      this.carryOut(begun, end).finally(() => this.running.delete(begun.id)),
    )
    this.prune()
    return { id: begun.id }
  }

  private async carryOut(begun: LookBegun, signal: AbortSignal): Promise<void> {
    const came = await this.commands
      .carryOut(begun, signal)
      .catch((error: unknown) => ({ why: (error as Error).message }))
    const ended = signal.aborted ? this.cutOff() : this.endWith(came)
    try {
      this.files.end(begun.id, ended)
      this.known.set(begun.id, { ...begun, ended: withoutAnswer(ended) })
    } catch (error) {
      // An answer that is not on disk would be another one after a restart.
      const why = `its answer could not be written: ${(error as Error).message}`
      this.known.set(begun.id, { ...begun, ended: { at: ended.at, result: 'failed', why } })
    }
  }

  private endWith(came: LookAnswer | { why: string }): LookEnded {
    return 'why' in came
      ? { at: this.time(), result: 'failed', why: came.why, answer: null }
      : { at: this.time(), result: 'answered', why: null, answer: came }
  }

  private cutOff(): LookEnded {
    return { at: this.time(), result: 'cut off', why: CUT_OFF, answer: null }
  }

  /** Removes the oldest ones. Of those that ask the same, the last one that was answered is kept. */
  private prune(): void {
    const alike = new Map<string, number>()
    const answered = new Set<string>()
    let kept = 0
    for (const look of this.all()) {
      const key = keyOfLook(look)
      const count = (alike.get(key) ?? 0) + 1
      alike.set(key, count)
      const isLastAnswer = look.ended?.result === 'answered' && !answered.has(key)
      if (look.ended?.result === 'answered') answered.add(key)
      const isOver = look.ended !== undefined && !this.running.has(look.id)
      if (isOver && ((count > MAX_ALIKE && !isLastAnswer) || kept >= MAX_KEPT)) {
        this.known.delete(look.id)
        this.answers.delete(look.id)
        this.files.remove(look.id)
      } else kept += 1
    }
  }

  private time(): string {
    return new Date(this.clock.now()).toISOString()
  }
}

function withoutAnswer({ at, result, why }: LookEnded): Omit<LookEnded, 'answer'> {
  return { at, result, why }
}
