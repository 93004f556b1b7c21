import type { Fleet, Locks } from '../rollout/ports'
import type { JournalEntry } from '../rollout/model/journal_entry'
import type { Answers, Answer } from '../rollout/model/answers'
import { formatDuration } from '../system/duration'
import { LockstepError } from '../system/errors'
import type { Clock } from '../system/clock'
import { foldHosts } from '../rollout/model/fold_hosts'
import { tellNobody, type TellWait } from '../system/wait'
import { groupBy } from '../system/groups'
import { NoLease } from './no_lease'

/** The locks of one run, to be given back when it ends. */
export type RunLocks = Locks & { release(): Promise<void> }

export interface LeaseOptions {
  fleet: Fleet
  run: string
  feature: string
  /** The user who runs this, and the machine. */
  owner: string
  /** The runs whose leases may be taken over; with a reason given, those of all runs may. */
  follows: readonly string[]
  takeReason: string | undefined
  clock: Clock
  journal: { append(entry: JournalEntry): Promise<void> }
  wait: (ms: number) => Promise<void>
  tellWait: TellWait
  onTrouble: (what: string) => void
}

/** Seconds for which a host keeps a lease that is not renewed. */
const LEASE = 180
const LOOK_EVERY = 2_000

/**
 * Adds the leases that hosts themselves keep, by their lock agent, to the locks of this control host. A rollout to
 * these hosts from any other machine learns who owns them.
 */
export function hostLeases(own: RunLocks, options: LeaseOptions): RunLocks {
  const { clock, journal } = options
  const taken = new Set<string>()
  let stopRenewing = () => {}
  const keepAlive = () => {
    stopRenewing = clock.after((LEASE / 3) * 1000, () => {
      // Leases are renewed beside what the rollout does, and nothing waits for that.
      void acquire({ ...options, tellWait: tellNobody }, [...taken])
        .then(({ refused, silent }) => {
          const lost = [...refused.keys(), ...silent]
          if (lost.length > 0)
            options.onTrouble(`the lease could not be renewed on ${foldHosts(lost).join(', ')}`)
        })
        .catch((error: unknown) => options.onTrouble((error as Error).message))
      keepAlive()
    })
  }
  return {
    ...own,
    get patience() {
      return own.patience
    },
    set patience(ms: number) {
      own.patience = ms
    },
    // A host keeps a lease only where the rollout may change it.
    async take(hosts: readonly string[], beside?: readonly string[]) {
      await own.take(hosts, beside)
      const wanted = hosts.filter((host) => !taken.has(host))
      if (wanted.length === 0) return
      await journal.append({ type: 'locked', hosts: wanted.length, takes: [], reason: 'leases of the hosts' })
      await acquireAll(options, wanted, own.patience)
      if (taken.size === 0) keepAlive()
      for (const host of wanted) taken.add(host)
    },
    async release() {
      stopRenewing()
      if (taken.size > 0) await giveBack(options, [...taken]).catch(() => {})
      await own.release()
    },
  }
}

/** Acquires the leases of all hosts or of none. @throws LockstepError `locked` */
async function acquireAll(options: LeaseOptions, hosts: readonly string[], patience: number): Promise<void> {
  const until = options.clock.elapsed() + patience
  let endWait: (() => void) | undefined
  try {
    for (;;) {
      const { got, refused, silent } = await acquire(options, hosts)
      if (got.length === hosts.length) return
      // A host whose answer was lost may have given its lease too, and would keep it from everybody until it lapses.
      await giveBack(options, [...got, ...silent]).catch(() => {})
      if (silent.length > 0) throw new NoLease(silent)
      if (options.clock.elapsed() + LOOK_EVERY > until)
        throw new LockstepError('locked', refusal(refused, patience))
      endWait ??= options.tellWait({ what: 'a rollout from another machine', withinMs: patience })
      await options.wait(LOOK_EVERY)
    }
  } finally {
    endWait?.()
  }
}

interface Acquired {
  got: string[]
  /** The answers of hosts that have given their lease to another run, by host. */
  refused: Map<string, Answer & { kind: 'failed' }>
  silent: string[]
}

async function acquire(options: LeaseOptions, hosts: readonly string[]): Promise<Acquired> {
  const first = sortAnswers(await ask(options, 'acquire', hosts, inputsOf(options)))
  const takes = takeable(options, first.refused)
  for (const [run, from] of takes) {
    const again = sortAnswers(await ask(options, 'acquire', from, { ...inputsOf(options), instead_of: run }))
    first.got.push(...again.got)
    first.silent.push(...again.silent)
    for (const host of [...again.got, ...again.silent]) first.refused.delete(host)
  }
  return first
}

/** Returns the hosts whose leases this run may take over, by the run that has them. */
function takeable(
  { follows, takeReason }: LeaseOptions,
  refused: Acquired['refused'],
): Map<string, string[]> {
  const takes = new Map<string, string[]>()
  for (const [host, { data }] of refused) {
    const run = data['run']
    if (typeof run !== 'string' || (takeReason === undefined && !follows.includes(run))) continue
    const hosts = takes.get(run) ?? []
    takes.set(run, hosts)
    hosts.push(host)
  }
  return takes
}

function giveBack(options: LeaseOptions, hosts: readonly string[]): Promise<Answers | undefined> {
  return hosts.length === 0
    ? Promise.resolve(undefined)
    : ask(options, 'release', hosts, { run: options.run })
}

function ask(
  { fleet, tellWait }: LeaseOptions,
  action: string,
  hosts: readonly string[],
  inputs: Record<string, string | number>,
): Promise<Answers> {
  const watch = { beforeSend: async () => {}, tellWait }
  return fleet.call({ agent: 'lock', action, inputs, mutating: true }, hosts, watch)
}

function inputsOf({ run, owner, feature }: LeaseOptions): Record<string, string | number> {
  return { run, owner, feature, seconds: LEASE }
}

function sortAnswers({ outcomes }: Answers): Acquired {
  const all: Acquired = { got: [], refused: new Map(), silent: [] }
  for (const [host, answer] of outcomes) {
    if (answer.kind === 'answered') all.got.push(host)
    else if (answer.kind === 'failed') all.refused.set(host, answer)
    else all.silent.push(host)
  }
  return all
}

function refusal(refused: Acquired['refused'], waited: number): string {
  const by = groupBy(refused.keys(), (host) => refused.get(host)?.message ?? '')
  const who = [...by].map(([message, hosts]) => `${foldHosts(hosts).join(', ')}: ${message}`).join('; ')
  const next =
    waited > 0
      ? `waited ${formatDuration(waited)}; let it end first`
      : `let it end first, say: I wait up to 10 minutes for other rollouts, or take the lease with LOCKSTEP_TAKE_LOCK='why it may be taken'`
  return `another rollout has some of these hosts: ${who}. No host was touched; ${next}`
}
