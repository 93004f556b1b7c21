import {
  ControlHostFault,
  type Discovered,
  type EnoughHosts,
  type Fleet,
  type Selection,
} from '../rollout/ports'
import type { UnexpectedMessage } from '../system/unexpected_messages'
import type { Journal } from '../rollout/model/journal_entry'
import type { Conclusion, JournalEntry } from '../rollout/model/journal_entry'
import type { Answers } from '../rollout/model/answers'
import type { Answer } from '../rollout/model/answers'
import type { Request } from '../rollout/model/answers'
import { hostFirewall } from '../balancers/firewall'
import { Ledger } from '../rollout/model/ledger'
import type { OpenObligation } from '../rollout/model/open_obligations'
import type { RolloutPorts } from '../rollout/ports'
import { Rollout } from '../rollout/rollout'
import type { Verdict } from '../rollout/model/verdict'
import type { Clock } from '../system/clock'
import { LockstepError } from '../system/errors'
import { redactNothing } from '../system/redaction'
import { FakeDiscovery } from './fake_discovery'
import { tellNobody, type TellWait } from '../system/wait'

/** A fleet without a wire: each host's answer is a function of the request. Keeps the requests in order. */
export class FakeFleet implements Fleet {
  readonly asked: { request: Request; hosts: readonly string[] }[] = []
  found: readonly string[]
  unexpected: readonly UnexpectedMessage[] = []
  interrupted = false
  /** Agents that a host does not run; it reports all others. */
  readonly lacks: Record<string, readonly string[]> = {}
  /** Gets each discovery that begins. The test decides which hosts answer it, and when. */
  onDiscovery: ((discovery: FakeDiscovery) => void) | undefined

  constructor(
    hosts: readonly string[],
    private readonly answer: (host: string, request: Request) => Answer,
  ) {
    this.found = hosts
  }

  async discover(
    selection?: Selection,
    tellWait: TellWait = tellNobody,
    enough?: EnoughHosts,
  ): Promise<Discovered> {
    if (this.onDiscovery !== undefined) {
      const discovery = new FakeDiscovery(tellWait, enough)
      this.onDiscovery(discovery)
      return discovery.ended
    }
    const agents = selection?.agents ?? []
    const hosts = this.found.filter((host) => !agents.some((agent) => this.lacks[host]?.includes(agent)))
    return { hosts, unexpected: [] }
  }

  async call(
    request: Request,
    hosts: readonly string[],
    { beforeSend, expectAllowed, onAnswer }: Parameters<Fleet['call']>[2],
  ): Promise<Answers> {
    const requestId = String(this.asked.length).padStart(32, '0')
    await beforeSend(requestId)
    expectAllowed?.()
    this.asked.push({ request, hosts })
    const outcomes = new Map(hosts.map((host) => [host, this.answer(host, request)] as const))
    for (const { kind } of outcomes.values()) if (kind !== 'silent') onAnswer?.()
    return { requestId, outcomes, unexpected: this.unexpected, interrupted: this.interrupted }
  }
}

/** Returns a clock whose time passes only when a caller waits for it. */
export function fakeClock(): Clock {
  let time = 0
  return {
    now: () => time,
    elapsed: () => time,
    after(ms, callback) {
      let stopped = false
      setImmediate(() => {
        time += ms
        if (!stopped) callback()
      })
      return () => void (stopped = true)
    },
  }
}

export interface Rehearsal {
  rollout: Rollout
  /** The entries of the journal; conclusions are in `verdicts` and `undone`. */
  journal: JournalEntry[]
  verdicts: Verdict[]
  /** The work after a failure, with its verdicts. */
  undone: { what: string; verdict: Verdict }[]
  notes: string[]
  stop: AbortController
}

export interface RehearsalOptions {
  append?: (entry: JournalEntry | Conclusion) => Promise<void>
  outBefore?: readonly OpenObligation[]
  ports?: Partial<RolloutPorts>
}

export function rolloutOn(fleet: Fleet, options: RehearsalOptions = {}): Rehearsal {
  const journal: JournalEntry[] = []
  const verdicts: Verdict[] = []
  const undone: Rehearsal['undone'] = []
  const notes: string[] = []
  const stop = new AbortController()
  const kept: Journal = {
    async append(entry) {
      await options.append?.(entry)
      if (entry.type === 'verdict') verdicts.push(entry.verdict)
      else if (entry.type === 'undone') undone.push({ what: entry.what, verdict: entry.verdict })
      else journal.push(entry)
      if (entry.type === 'activated') notes.push(`activated ${entry.release}`)
    },
  }
  const rollout = new Rollout({
    fleet,
    inventory: undefined,
    journal: kept,
    audience: {
      tellWait: tellNobody,
      note: (text) => notes.push(text),
    },
    redact: redactNothing,
    clock: fakeClock(),
    ...ALONE,
    balancers: { at: hostFirewall, backend: noBackend },
    ledger: new Ledger(kept, options.outBefore ?? []),
    newId: () => 'a'.repeat(32),
    newSeed: () => 1,
    lookEvery: 1_000,
    stopping: stop.signal,
    checkpoint: undefined,
    ...options.ports,
  })
  rollout.hosts.withClass('roles::web')
  return { rollout, journal, verdicts, undone, notes, stop }
}

/** The first entry in the journal of a feature's rollout. */
export const BEGAN: Extract<JournalEntry, { type: 'run' }> = {
  type: 'run',
  feature: 'f',
  hash: 'h',
  mode: 'live',
  environment: 'e',
  pid: 1,
  order: 1,
}

/** Ports of a rollout without another rollout, without approvals and with nothing in the history. */
export const ALONE: Pick<
  RolloutPorts,
  'locks' | 'approval' | 'releases' | 'tests' | 'downtimes' | 'controlHost'
> = {
  controlHost: {
    decides: true,
    metrics: () => {
      throw new LockstepError('bad-config', 'there is no Prometheus')
    },
    statusOf: () => Promise.reject(new ControlHostFault('cannot be reached')),
  },
  downtimes: () => {
    throw new LockstepError('bad-config', 'no monitoring system is known')
  },
  tests: { decides: true, passed: () => ({ not: 'nothing was tested' }) },
  releases: {
    current: undefined,
    decides: true,
    passedIn: () => ({ not: 'nothing is in the history' }),
    hasArrived: () => false,
  },
  locks: { patience: 0, take: async () => {}, expectOwned: () => {} },
  approval: {
    ask: () => Promise.reject(new LockstepError('gate-closed', 'nobody can be asked for approval')),
  },
}

function noBackend(name: string): never {
  throw new LockstepError('bad-config', `there is no haproxy backend ${name}`)
}
