import { UnexpectedMessages, type UnexpectedMessage } from '../../system/unexpected_messages'
import { someOf, tellWhile } from '../../system/wait'
import { asking } from '../engine/change'
import type { Answer } from '../model/answers'
import type { HostGateway } from '../model/obligation'
import { judgeEnd } from '../model/puppet_judgement'
import { readPuppetAnswer, type PuppetReport } from '../model/puppet_report'
import { observationOf } from '../model/reading'
import type { Observation } from '../model/verdict'

/** Milliseconds after which an order that was not answered has begun no run: requests are not good for longer. */
const LOST_AFTER_MS = 90_000
const FIRST_LOOK_MS = 1_000
const MAX_LOOK_MS = 10_000

const CERTIFICATE =
  '. Puppet leaves none where the certificate of its host is missing or expired: puppet ssl verify on the host tells'

/** A run that a host was ordered to do, and what came of the order itself. */
export interface OrderedRun {
  host: string
  run: string
  said: Observation
  /** False where the host applies code of its own, and needs no certificate for it. */
  hasMaster: boolean
}

/** The end of a run: its report, or the fact that it left none. */
export interface EndedRun {
  run: string
  host: string
  report: PuppetReport | undefined
}

export interface AwaitedRuns {
  observations: readonly Observation[]
  unexpected: readonly UnexpectedMessage[]
  ended: readonly EndedRun[]
}

/**
 * Waits until the runs have ended, by the hosts' own reports. A report counts only under the name that the run was
 * ordered under. No run is ordered again, whatever is seen.
 */
export async function awaitRuns(
  ordered: readonly OrderedRun[],
  { noop, within }: { noop: boolean; within: number },
  gateway: HostGateway,
): Promise<AwaitedRuns> {
  const began = gateway.elapsed()
  const asked = new Set(ordered.map(({ host }) => host))
  const unexpected = new UnexpectedMessages<UnexpectedMessage>((host) => asked.has(host))
  const over = new Map<string, Observation>()
  const last = new Map<string, Observation>()
  const ended: EndedRun[] = []
  const tally = () => {
    const missing = ordered.filter(({ host }) => !over.has(host)).map(({ host }) => host)
    const failed = [...over.values()].filter(({ passed }) => !passed).length
    return { done: over.size - failed, failed, expected: ordered.length, someMissing: someOf(missing) }
  }
  const look = async () => {
    const waiting = ordered.filter(({ host }) => !over.has(host))
    for (const [run, hosts] of byRun(waiting)) {
      const answers = await asking({ agent: 'puppet', action: 'report', inputs: { run } })(hosts, gateway)
      for (const message of answers.unexpected) unexpected.add(message)
      for (const each of waiting.filter((one) => one.run === run)) {
        const looked = judge(each, answers.outcomes.get(each.host), noop, gateway.elapsed() - began)
        const seen = observationOf(each.host, answers, () => looked.reading)
        last.set(each.host, seen)
        if (!looked.isOver || seen.kind === 'silent' || seen.kind === 'untrusted') continue
        over.set(each.host, looked.keeps === true ? each.said : seen)
        if (looked.ended !== undefined) ended.push(looked.ended)
      }
    }
  }
  await tellWhile(gateway.tellWait, { what: 'puppet to end its run', withinMs: within, tally }, async () => {
    let every = FIRST_LOOK_MS
    for (;;) {
      await look()
      const left = began + within - gateway.elapsed()
      if (over.size === ordered.length || left <= 0) break
      await gateway.wait(Math.min(every, left))
      every = Math.min(MAX_LOOK_MS, every * 1.5)
    }
  })
  const observations = ordered.map(({ host, said }) => over.get(host) ?? last.get(host) ?? said)
  return { observations, unexpected: unexpected.all, ended }
}

interface Looked {
  isOver: boolean
  reading: { passed: boolean; seen: string }
  ended?: EndedRun
  /** True where what the host said to the order is what there is to tell. */
  keeps?: boolean
}

function judge(
  { host, run, said, hasMaster }: OrderedRun,
  answer: Answer | undefined,
  noop: boolean,
  elapsed: number,
): Looked {
  const read = answer === undefined ? 'silent' : readPuppetAnswer(answer)
  if (typeof read === 'string')
    return going(`its run was ordered, and what became of it is not known: ${read}`)
  const { report } = read
  const isOwn = 'run' in report && report.run === run
  if (isOwn && read.going !== 'yes')
    return { isOver: true, reading: judgeEnd(report, noop), ended: { run, host, report } }
  if (read.going === 'yes') return going('its run goes on, and was waited for: no second one was ordered')
  // What cannot be seen among the processes is seen by the lock of puppet alone.
  if (read.going === 'not known' && (read.applying || elapsed < LOST_AFTER_MS))
    return going(read.applying ? 'its puppet is running still' : 'its run has left no report yet')
  if (said.kind === 'failed') return { isOver: true, reading: said, keeps: true }
  if (!said.passed && elapsed < LOST_AFTER_MS)
    return going(`${said.seen}; no run of that order was seen, and none is ordered again`)
  const why = 'none' in report ? report.none : 'its last report is of another run'
  const seen = read.applying
    ? 'another run of puppet came first and goes on: the ordered one was not done'
    : `its run was ended, or not begun, and left no report: ${why}${hasMaster ? CERTIFICATE : ''}`
  return { isOver: true, reading: { passed: false, seen }, ended: { run, host, report: undefined } }
}

function going(seen: string): Looked {
  return { isOver: false, reading: { passed: false, seen } }
}

function byRun(ordered: readonly OrderedRun[]): Map<string, string[]> {
  const runs = new Map<string, string[]>()
  for (const { run, host } of ordered) runs.set(run, [...(runs.get(run) ?? []), host])
  return runs
}
