import { join, resolve } from 'node:path'
import { parseArgs } from 'node:util'
import { obligationOf } from '../composition/balancers'
import { Composition } from '../composition/composition'
import { surroundingsOf } from '../run/parameters'
import { onInterrupt } from '../composition/interrupt'
import { discardLocksOf, runsIn } from '../locks/left_locks'
import { NOTHING_READ, Run } from '../run/run'
import { inRanges } from '../run/host_names'
import { expectKnown } from './known_names'
import type { HostOutOfRotation } from '../rollout/model/out_of_rotation'
import { putBackAndLook } from '../rollout/verbs/obligations'
import { readRunJournals } from '../run/journals'
import type { Balancers } from '../rollout/ports'
import type { Rollout } from '../rollout/rollout'
import { clean, hosts as counted, type Observation } from '../rollout/model/verdict'
import { systemClock } from '../system/clock'
import { callsIn, formatLockstep, PLACES } from '../system/commands'
import { EXIT, LockstepError } from '../system/errors'

const CHOICE = () =>
  `say which: --run <run>, --host <host> (as often as needed), or --all; ${formatLockstep('status', PLACES)} lists them`

/**
 * Puts back the hosts that live runs have left out, and believes it only of hosts that, asked again, are free. The exit
 * status is 1 when one of them is not.
 */
export async function putBack(
  cwd: string,
  args: readonly string[],
): Promise<{ text: string; exitCode: number }> {
  const { values, isChosen } = choiceOf(args)
  const state = resolve(cwd, surroundingsOf(process.env).folders.state)
  expectKnown(values, readRunJournals(join(state, 'live')))
  const done = await putBackChosen(cwd, isChosen)
  const runs = values.all === true ? runsIn(state) : [...(values.run ?? []), ...done.runs]
  await discardLocksOf(runs, state, process.env)
  return done
}

async function putBackChosen(
  cwd: string,
  chosen: (item: HostOutOfRotation) => boolean,
): Promise<{ text: string; exitCode: number; runs: readonly string[] }> {
  const run = new Run(systemClock)
  run.beginReading(NOTHING_READ, { ...callsIn(), args: [] })
  const composition = await Composition.compose(run, { mode: 'live' }, surroundingsOf(process.env), cwd)
  const { signal } = run.stopping
  const stopListening = onInterrupt(run)
  try {
    const items = run.state.outBefore.filter(chosen)
    if (items.length === 0) {
      const unknown = run.state.notKnownBefore.map((fault) => `Not everything is known: ${fault}.\n`).join('')
      return {
        text: `${unknown}Nothing that was named is out of rotation.\n`,
        exitCode: unknown === '' ? 0 : 1,
        runs: [],
      }
    }
    const runs = [...new Set(items.map((item) => item.run))]
    const rollout = await composition.beginWithout('lockstep put-back', runs)
    const observations: Observation[] = []
    const lines: string[] = []
    for (const [obligation, names] of grouped(items)) {
      lines.push(obligation)
      const outcome = signal.aborted
        ? 'not attempted: it was interrupted before'
        : await closed(rollout, obligation, names, composition.balancers)
      if (typeof outcome === 'string') {
        observations.push(...names.map((host) => ({ host, passed: false, kind: 'known' as const, seen: '' })))
        lines.push(`  ✘ ${inRanges(names).join(', ')}  ${clean(outcome, MAX_REASON)}`)
        continue
      }
      observations.push(...outcome)
      lines.push(
        ...outcome.map(({ host, passed, seen }) => `  ${passed ? '✔' : '✘'} ${host}  ${clean(seen)}`),
      )
    }
    const left = observations.filter(({ passed }) => !passed).length
    lines.push(
      left === 0 ? `Put back: ${counted(names(observations))}` : `Still out of rotation: ${counted(left)}`,
    )
    if (left > 0) run.fail()
    const exitCode = left === 0 ? EXIT.passed : signal.aborted ? EXIT.interrupted : EXIT.failed
    return { text: run.redact(`${lines.join('\n')}\n`), exitCode, runs }
  } finally {
    await composition.end()
    run.end()
    stopListening()
  }
}

/**
 * Returns what was seen of each host, or the reason why nothing can be seen. One unreachable balancer keeps no host
 * from being put back into another.
 */
async function closed(
  rollout: Rollout,
  obligation: string,
  names: readonly string[],
  balancers: Balancers,
): Promise<readonly Observation[] | string> {
  try {
    const owed = obligationOf(obligation, balancers)
    if (owed === undefined) return 'it is not known how this is undone: do it by hand'
    return (await putBackAndLook(rollout, owed, names)).observations
  } catch (error) {
    if (error instanceof LockstepError && OF_ONE_BALANCER.has(error.code)) return error.message
    throw error
  }
}

const OF_ONE_BALANCER = new Set<LockstepError['code']>(['bad-config', 'balancer-failed'])
const MAX_REASON = 2_000

function choiceOf(args: readonly string[]) {
  const values = parsed(args)
  const [hosts, runs] = [values.host ?? [], values.run ?? []]
  if (values.all === true && hosts.length + runs.length > 0)
    throw new LockstepError(
      'bad-input',
      '--all means every host of every run: leave out --host and --run, or --all',
    )
  if (values.all === true) return { values, isChosen: () => true }
  if (hosts.length + runs.length === 0) throw new LockstepError('bad-input', CHOICE())
  const named = new Set(hosts.map((host) => host.toLowerCase()))
  const isChosen = (item: HostOutOfRotation) =>
    (named.size === 0 || named.has(item.host.toLowerCase())) && (runs.length === 0 || runs.includes(item.run))
  return { values, isChosen }
}

function parsed(args: readonly string[]) {
  try {
    const options = {
      all: { type: 'boolean' },
      host: { type: 'string', multiple: true },
      run: { type: 'string', multiple: true },
    } as const
    return parseArgs({ args: [...args], options }).values
  } catch (error) {
    throw new LockstepError('bad-input', `${(error as Error).message}; ${CHOICE()}`, { cause: error })
  }
}

function grouped(items: readonly HostOutOfRotation[]): Map<string, string[]> {
  const groups = new Map<string, string[]>()
  for (const { host, obligation } of items) groups.set(obligation, [...(groups.get(obligation) ?? []), host])
  return groups
}

function names(observations: readonly Observation[]): number {
  return new Set(observations.map(({ host }) => host)).size
}
