import { EXIT, LockstepError } from '../system/errors'
import type { BeginAgain, Ended } from '../run/again'
import { titleOf } from '../run/outcome'
import type { Run } from '../run/run'
import { endingsOf, failuresOf, untriedIn } from './endings'
import { type HostTruth, type Rehearsed } from '../run/rehearsed'
import { describeFault, parseFaults, usualFaults } from './fault_table'
import type { RehearsedFault } from '../run/errand'

/** The most rehearsals at once where each is a process. */
const MAX_PROCESSES = 2
/** The most rehearsals at once in this process, most of whose time is waiting for silent hosts. */
const MAX_HERE = 5
/** The number of hosts above which this process rehearses one fault at a time, for the memory that a fleet takes. */
const MAX_HOSTS_TOGETHER = 1_000

/** The beginning of the rehearsals of faults. */
export interface Rehearsing {
  beginAgain: BeginAgain
  /** True where all of them are in this process. */
  isHere: boolean
}

/** The outcome that one rehearsal leaves for the one that began it. */
export interface RehearsalReport {
  exitCode: number
  truth: readonly HostTruth[]
}

/**
 * Judges the rehearsal without a fault, and then rehearses each fault. A failure of a rehearsal fails the run; so does
 * a rehearsal that leaves no report.
 */
export async function rehearseFaults(run: Run, exitCode: number, by: Rehearsing): Promise<void> {
  const clean = { exitCode, truth: run.state.truth }
  run.stream.appendNow({ type: 'rehearsed', rehearsal: judge(undefined, clean, clean) })
  if (exitCode !== 0) return
  const faults = faultsOf(run)
  const reports: (RehearsalReport | string)[] = []
  let next = 0
  const worker = async () => {
    for (let index = next++; index < faults.length; index = next++) {
      const fault = faults[index]
      if (fault === undefined) continue
      const what = `the rehearsal of ${index + 1} of ${faults.length} faults: ${describeFault(fault)}`
      try {
        reports[index] = await run.tellWhile({ what }, () => rehearse(run, fault, by.beginAgain))
      } catch (error) {
        next = faults.length
        throw error
      }
    }
  }
  await allOf(Array.from({ length: atOnce(by, clean.truth.length) }, worker))
  faults.forEach((fault, index) => {
    const report = reports[index]
    const said = describeFault(fault)
    if (report === undefined || typeof report === 'string')
      throw new LockstepError(
        'bad-config',
        `the rehearsal "${said}" did not come to its end: ${report ?? ''}`,
      )
    run.stream.appendNow({ type: 'rehearsed', rehearsal: judge(fault, report, clean) })
  })
}

/** Waits for all, and throws the first failure only then: no rehearsal outlives the run that has begun it. */
async function allOf(works: readonly Promise<void>[]): Promise<void> {
  const ended = await Promise.allSettled(works)
  for (const each of ended) if (each.status === 'rejected') throw each.reason
}

function atOnce({ isHere }: Rehearsing, hosts: number): number {
  if (!isHere) return MAX_PROCESSES
  return hosts > MAX_HOSTS_TOGETHER ? 1 : MAX_HERE
}

function judge(
  fault: RehearsedFault | undefined,
  { exitCode, truth }: RehearsalReport,
  clean: RehearsalReport,
): Rehearsed {
  const hosts = endingsOf(truth, clean.truth)
  const untried = fault === undefined ? [] : untriedIn(truth, fault)
  const failures = [...untried, ...failuresOf(truth, hosts, endingsOf(clean.truth, clean.truth), exitCode)]
  const said = fault === undefined ? undefined : describeFault(fault)
  return { fault: said, exitCode, title: titleOf(exitCode, 'embedded'), hosts, failures }
}

function faultsOf(run: Run): RehearsedFault[] {
  const lines = run.state.plan.flatMap(({ steps }) => steps.map(({ text }) => text))
  const said = run.features.faultTables.map((table) => {
    const faults = parseFaults(table, lines)
    const at = `${table.uri}:${table.line}: `
    return typeof faults === 'string' ? [] : faults.map((fault) => ({ ...fault, at }))
  })
  const tables = said.flat()
  const faults = said.length > 0 ? tables : usualFaults(run.state.plan).map((fault) => ({ ...fault, at: '' }))
  const hosts = inOrder(run)
  const named: Readonly<Record<string, string | undefined>> = {
    'first host': hosts[0],
    'last host': hosts.at(-1),
  }
  return faults.map(({ at, ...fault }) => {
    const host = Object.hasOwn(named, fault.host) ? named[fault.host] : fault.host
    if (host === undefined || !hosts.includes(host))
      throw new LockstepError(
        'bad-feature',
        `${at}${fault.host} is to fail, and is none of the ${hosts.length} hosts that were rehearsed`,
      )
    return { ...fault, host }
  })
}

/** Returns the hosts in the order in which they are taken: the first one is changed first. */
function inOrder(run: Run): string[] {
  const taken = [...new Set(run.state.plan.map(({ uri }) => uri))].flatMap((uri) => run.state.hostsOf(uri))
  const known = new Set(run.state.truth.map(({ host }) => host))
  return [...new Set(taken.map(({ host }) => host))].filter((host) => known.has(host))
}

function rehearse(
  run: Run,
  fault: RehearsedFault,
  beginAgain: BeginAgain,
): Promise<RehearsalReport | string> {
  const purpose = { why: 'rehearsal', fault } as const
  const { signal } = run.stopping
  return beginAgain({ profile: 'rehearse', purpose, signal }, readRehearsal)
}

/**
 * Returns what a rehearsal came to, or its last words where it did not come to its end. One that knows of no host has
 * rehearsed nothing, however it failed: every host would seem to have ended well. Where no host is found the run says so
 * itself.
 */
export function readRehearsal({ exitCode, truth, said }: Ended): RehearsalReport | string {
  if (exitCode === undefined || truth === undefined) return said
  return truth.length > 0 || exitCode === EXIT.noHosts ? { exitCode, truth } : said
}
