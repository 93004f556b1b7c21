import { resolve } from 'node:path'
import { areBack, type PutBack } from '../reporting/put_back'
import { orderLastFirst } from '../rollout/model/last_first'
import { PUT_BACK, type HostOutOfRotation } from '../rollout/model/out_of_rotation'
import type { Observation } from '../rollout/model/verdict'
import type { Rollout } from '../rollout/rollout'
import { putBackAndLook } from '../rollout/verbs/obligations'
import type { RunSurroundings } from '../run/parameters'
import type { Run } from '../run/run'
import { countWishes } from '../run/stop_wishes'
import { NoLease } from '../locks/no_lease'
import { LockstepError } from '../system/errors'
import { obligationOf } from './balancers'
import { Composition } from './composition'
import { onInterrupt } from './interrupt'

/**
 * Puts back the hosts that live runs have left out and `isChosen` names, and believes it only of hosts that, asked
 * again, are free. Ends `run`, which fails where one of them is not, and returns the runs that had left them out. Where
 * all of them are free, the wish to stop has come too late: the run has passed.
 */
export async function putBackChosen(
  run: Run,
  isChosen: (item: HostOutOfRotation) => boolean,
  context: RunSurroundings,
  cwd: string,
): Promise<PutBack & { runs: readonly string[] }> {
  const composition = await Composition.compose(run, { mode: 'live' }, context, cwd)
  const stopListening = onInterrupt(run, {
    stop: () => run.stopping.abort(),
    stopWishes: () => countWishes(resolve(cwd, context.folders.state), run.id),
  })
  let areAllBack = false
  try {
    const items = run.state.outBefore.filter(isChosen)
    const runs = [...new Set(items.map((item) => item.run))]
    const notKnown = run.state.notKnownBefore
    const obligations = items.length === 0 ? [] : await closeAll(run, composition, items, runs)
    const wasStopped = run.stopping.signal.aborted
    const done = { obligations, notKnown, runs, wasStopped }
    areAllBack = areBack(done)
    if (!areAllBack) run.fail()
    return done
  } finally {
    if (!areAllBack && run.stopping.signal.aborted) run.interrupt()
    await composition.end()
    run.end()
    await composition.tellEnd()
    stopListening()
  }
}

async function closeAll(
  run: Run,
  composition: Composition,
  items: readonly HostOutOfRotation[],
  runs: readonly string[],
): Promise<PutBack['obligations']> {
  const rollout = await composition.beginWithout(PUT_BACK, runs)
  const closed: PutBack['obligations'][number][] = []
  for (const { obligation, items: part } of orderLastFirst(items)) {
    const hosts = part.map(({ host }) => host)
    const outcome = run.stopping.signal.aborted
      ? 'not attempted: it was interrupted before'
      : await close(rollout, obligation, hosts, composition)
    closed.push({ obligation, hosts, outcome })
  }
  return closed
}

/**
 * Returns what was seen of each host, or the reason why nothing can be seen. One unreachable balancer keeps no host
 * from being put back into another.
 */
async function close(
  rollout: Rollout,
  obligation: string,
  hosts: readonly string[],
  known: Pick<Composition, 'balancers' | 'downtimes'>,
): Promise<readonly Observation[] | string> {
  try {
    const owed = known.downtimes.named(obligation) ?? obligationOf(obligation, known.balancers)
    if (owed === undefined) return 'it is not known how this is undone: do it by hand'
    return (await putBackAndLook(rollout, owed, hosts)).observations
  } catch (error) {
    if (error instanceof NoLease) return closeElsewhere(rollout, obligation, hosts, known, error.hosts)
    if (error instanceof LockstepError && OF_ONE_BALANCER.has(error.code)) return error.message
    throw error
  }
}

/** Puts back the hosts that are not `silent`. One host without an answer keeps no other out of rotation. */
async function closeElsewhere(
  rollout: Rollout,
  obligation: string,
  hosts: readonly string[],
  known: Pick<Composition, 'balancers' | 'downtimes'>,
  silent: readonly string[],
): Promise<readonly Observation[] | string> {
  const left = silent.map((host): Observation => ({ host, passed: false, kind: 'silent', seen: NOT_ASKED }))
  const others = hosts.filter((host) => !silent.includes(host))
  if (others.length === 0) return left
  const outcome = await close(rollout, obligation, others, known)
  return typeof outcome === 'string'
    ? outcome
    : [...outcome, ...left].sort((a, b) => hosts.indexOf(a.host) - hosts.indexOf(b.host))
}

const NOT_ASKED = 'no answer from its lock agent: it was not asked to go back'
const OF_ONE_BALANCER = new Set<LockstepError['code']>(['bad-config', 'balancer-failed'])
