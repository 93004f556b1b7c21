import type { Verdict } from './verdict'

/** What a rollout needs from the world. It knows neither cucumber nor MCollective's wire. */

/** A request to an agent; `changes` says whether a host can be other than before once it is done. */
export interface Request {
  agent: string
  action: string
  inputs: Record<string, string | boolean | number>
  changes: boolean
}

export type Answer =
  | { kind: 'answered'; data: Record<string, unknown> }
  | { kind: 'failed'; message: string; data: Record<string, unknown> }
  | { kind: 'silent'; waited: number }
  | { kind: 'untrusted'; reason: string }

/** Something that came and is nobody's answer; those that fail mean that the fleet is not what it was taken for. */
export interface Stray {
  kind: string
  host: string
  detail: string
  fails: boolean
}

export interface Answers {
  requestId: string
  outcomes: ReadonlyMap<string, Answer>
  strays: readonly Stray[]
  /** The connection was lost in between: a silent host may have done what it was told. */
  interrupted: boolean
}

/** Which hosts a rollout is for. Classes and facts all have to hold, of identities any one; `/…/` is a pattern. */
export interface Selection {
  classes: readonly string[]
  facts: readonly { fact: string; operator: string; value: string }[]
  identities: readonly string[]
  /** Hosts known by name: these and no others. */
  listed: readonly string[] | undefined
}

export interface Fleet {
  discover(
    selection: Selection,
    onFound: (found: number) => void,
  ): Promise<{ hosts: readonly string[]; strays: readonly Stray[] }>
  /**
   * Resolves with one answer for each of `hosts`. `beforeSend` has to have resolved before anything is sent; it is called
   * again, with the same id, before what only looks is asked again.
   */
  call(request: Request, hosts: readonly string[], watch: CallWatch): Promise<Answers>
}

export interface CallWatch {
  beforeSend: (requestId: string) => Promise<void>
  onProgress: (settled: number, expected: number) => void
}

/** Asks hosts something on behalf of a step, journalled. */
export type Ask = (request: Request, hosts: readonly string[]) => Promise<Answers>

/** What takes a host out of the pool and puts it back. `blocked` is part of each answer of `look`. */
export interface Balancer {
  /** What a host that it took out is held by, such as `blocks 192.168.1.1`. */
  readonly obligation: string
  block(hosts: readonly string[], ask: Ask): Promise<Answers>
  unblock(hosts: readonly string[], ask: Ask): Promise<Answers>
  look(hosts: readonly string[], ask: Ask): Promise<Answers>
}

/** An append-only record. @throws Error when an entry could not be made durable: nothing may be sent then */
export interface Journal {
  append(entry: JournalEntry): Promise<void>
}

export type JournalEntry =
  | { type: 'run'; feature: string; mode: string; environment: string; pid: number }
  | { type: 'roll call'; hosts: readonly string[] }
  | {
      type: 'asked'
      step: string
      requestId: string
      agent: string
      action: string
      inputs: Request['inputs']
      changes: boolean
      hosts: readonly string[]
    }
  | { type: 'answered'; requestId: string; outcomes: Record<string, readonly string[]>; interrupted: boolean }
  | { type: 'opened'; obligation: string; hosts: readonly string[] }
  | { type: 'lifted'; obligation: string; hosts: readonly string[] }
  | { type: 'verdict'; step: string; held: boolean; counts: Record<string, number> }
  | { type: 'end'; held: boolean; reason: string }

/** Those who watch a rollout. */
export interface Audience {
  progress(done: number, expected: number | undefined): void
  verdict(verdict: Verdict): void
}
