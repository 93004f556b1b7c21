import { formatDuration } from '../system/duration'
import { LockstepError } from '../system/errors'
import type { Clock } from '../system/clock'
import type { TellWait } from '../system/wait'
import { LEASE, type Claim, type Holder, type LockStore } from './lock_store'
import type { JournalEntry } from '../rollout/model/journal_entry'
import type { RunLocks } from './host_leases'
import { foldHosts } from '../rollout/model/fold_hosts'

export interface LockOptions {
  claim: Omit<Claim, 'hosts'>
  /** The reason why a lock whose owner is gone may be taken; undefined when it may not. */
  takeReason: string | undefined
  /** The runs that this one goes on from, or clears up after: their locks may be taken once they are gone. */
  follows: readonly string[]
  /** Returns whether a run is known to have ended and left nothing: its lock may be taken once it is gone. */
  isOver: (run: string) => boolean
  clock: Clock
  journal: { append(entry: JournalEntry): Promise<void> }
  wait: (ms: number) => Promise<void>
  tellWait: TellWait
  /** Tells the operator of what stops nothing yet. */
  note: (text: string) => void
}

const LOOK_EVERY = 500
const RENEW_EVERY = LEASE / 3
/** Milliseconds until a renewal that failed is tried again. */
const TRY_AGAIN_AFTER = LEASE / 20

/** Returns the locks of one run: taken before the first change, kept alive until the run ends. */
export function hostLocks(locks: LockStore, options: LockOptions): RunLocks {
  const { clock, journal } = options
  const taken = new Set<string>()
  let isReleased = false
  let isNoted = false
  let stopRenewing = () => {}
  const keepAlive = (afterMs: number) => {
    stopRenewing = clock.after(afterMs, () => {
      // A lease that is not renewed once is renewed the next time. The next change finds one that is lost.
      const renewed = locks.renew().then(
        () => true,
        (error: unknown) => {
          if (!isNoted && !isReleased)
            options.note(`the lock could not be renewed: ${(error as Error).message}`)
          return false
        },
      )
      void renewed.then((isRenewed) => {
        isNoted = !isRenewed
        if (!isReleased) keepAlive(isRenewed ? RENEW_EVERY : TRY_AGAIN_AFTER)
      })
    })
  }
  const self: RunLocks = {
    patience: 0,
    async take(within, beside = []) {
      const hosts = beside.length === 0 ? within : [...within, ...beside]
      if (taken.size > 0) locks.expectOwned()
      if (hosts.every((host) => taken.has(host))) return
      const until = clock.elapsed() + self.patience
      let told = false
      let endWait: (() => void) | undefined
      try {
        for (;;) {
          const claim = { ...options.claim, hosts: [...new Set([...taken, ...hosts])] }
          const stale = (await locks.list()).filter(({ state }) => state !== 'alive').map(({ run }) => run)
          const reason = options.takeReason ?? `run ${claim.run} follows it`
          const mayTake = (run: string) => options.follows.includes(run) || options.isOver(run)
          const runs = options.takeReason === undefined ? stale.filter(mayTake) : stale
          if (!told || runs.length > 0)
            await journal.append({ type: 'locked', hosts: claim.hosts.length, takes: runs, reason })
          told = true
          const others = await locks.claim(claim, runs.length > 0 ? { runs, reason } : undefined)
          if (others.length === 0) break
          if (others.some(({ state }) => state !== 'alive') || clock.elapsed() + LOOK_EVERY > until)
            throw new LockstepError('locked', refusal(others, options.claim.fleet, self.patience))
          endWait ??= options.tellWait({ what: describeOwners(others), withinMs: self.patience })
          await options.wait(LOOK_EVERY)
        }
      } finally {
        endWait?.()
      }
      if (taken.size === 0) keepAlive(RENEW_EVERY)
      for (const host of hosts) taken.add(host)
    },
    expectOwned() {
      if (taken.size > 0) locks.expectOwned()
    },
    async release() {
      isReleased = true
      stopRenewing()
      if (taken.size === 0) return
      try {
        await locks.release()
      } catch (error) {
        // What the run has done is done. The lock lapses, and a later run of this control host may take it.
        if (!(error instanceof LockstepError)) throw error
        options.note(`the lock could not be given back, and stays until it lapses: ${error.message}`)
      }
    },
  }
  return self
}

function describeOwners(others: readonly Holder[]): string {
  return others.map(({ run, user, machine }) => `run ${run} (${user} on ${machine})`).join(', ')
}

function refusal(others: readonly Holder[], fleet: string, waited: number): string {
  const who = others.map(describeHolder).join('; ')
  const stale = others.filter(({ state }) => state !== 'alive')
  const next =
    stale.length === 0
      ? waited > 0
        ? `waited ${formatDuration(waited)}; let it end first`
        : 'let it end first, or say: I wait up to 10 minutes for other rollouts'
      : `if nothing of it runs any more, take the lock with LOCKSTEP_TAKE_LOCK='why it may be taken'`
  const hosts = others.length === 1 ? 'hosts of this one' : 'some of these hosts'
  return `another rollout has ${hosts}: ${who}. No host was touched; ${next}${otherBrokers(others, fleet)}`
}

/**
 * Returns a hint for hosts that are locked under another fleet. Hosts go by their names alone, so a person has to tell
 * two of one name apart.
 */
function otherBrokers(others: readonly Holder[], fleet: string): string {
  const other = others.find((each) => each.fleet !== fleet)
  if (other === undefined) return ''
  return `. Run ${other.run} goes by ${other.fleet}, this one by ${fleet}: if these are other hosts of the same name, let LOCKSTEP_LOCKS name another folder for one of the fleets, and history another database where it is shared`
}

export function describeHolder({ run, feature, user, machine, pid, since, hosts, state }: Holder): string {
  const names = foldHosts(hosts)
  const shown = names.length > 6 ? `${names.slice(0, 6).join(', ')} …` : names.join(', ')
  const gone =
    state === 'alive'
      ? ''
      : `, ${state === 'process gone' ? 'a process that is gone' : 'whose lease has expired'}`
  return `${shown} by run ${run} of ${feature} (${user} on ${machine}, pid ${pid}${gone}) since ${since}`
}
