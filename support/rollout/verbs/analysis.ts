import { tellWhile } from '../../system/wait'
import type { StepContext } from '../engine/step_context'
import type { MetricBound } from '../model/metric_judgement'
import type { HostGateway } from '../model/obligation'
import type { Reading } from '../model/reading'
import type { Verdict } from '../model/verdict'
import { ControlHostFault, type ControlHost } from '../ports'
import { watchMetric } from './watch_metric'

/** Milliseconds after which a URL that has not answered is asked again. */
const ANSWER_WITHIN_MS = 10_000
const PROMETHEUS = 'Prometheus'

/** What the control host sees by itself: metrics of Prometheus, and what URLs answer. No host is asked. */
export class Analysis {
  constructor(
    private readonly step: Pick<StepContext, 'executor' | 'expectGoingOn' | 'note'>,
    private readonly controlHost: ControlHost,
    private readonly lookEvery: number,
  ) {}

  /** Looks at a metric from now on, at each second of `duringMs`. What was before does not count. */
  metricShouldStay(query: string, bound: MetricBound, duringMs: number): Promise<Verdict> {
    return this.appraise(PROMETHEUS, async (gateway) => {
      const watch = { metrics: this.controlHost.metrics(), query, bound, duringMs }
      const wait = { what: 'the metric', withinMs: duringMs }
      return tellWhile(gateway.tellWait, wait, () => watchMetric(watch, gateway))
    })
  }

  /** Asks a URL until it answers a status, for `withinMs` at most. */
  urlShouldAnswer(url: string, status: number, withinMs: number): Promise<Verdict> {
    const { host } = new URL(url)
    return this.appraise(host, (gateway) =>
      tellWhile(gateway.tellWait, { what: `an answer of ${host}`, withinMs }, () =>
        this.askUntil(url, status, withinMs, gateway),
      ),
    )
  }

  /** Looks, and notes what was seen: a screen shows no more of a line that passed than that it did. */
  private async appraise(name: string, look: (gateway: HostGateway) => Promise<Reading>): Promise<Verdict> {
    const verdict = await this.concluded(name, look)
    for (const { host, passed, kind, seen } of verdict.observations)
      if (passed && kind !== 'planned') this.step.note(`${host}: ${seen}`)
    return verdict
  }

  private async concluded(name: string, look: (gateway: HostGateway) => Promise<Reading>): Promise<Verdict> {
    const { executor } = this.step
    this.step.expectGoingOn()
    if (!this.controlHost.decides)
      return executor.conclude(
        {
          observations: [{ host: name, passed: true, kind: 'known', seen: LOOKED_AT_NOTHING }],
          unexpected: [],
        },
        { budgeted: false },
      )
    return executor.measure({
      name,
      // A moment of a plan says nothing of the moment after its changes.
      first: async () => {},
      judge: async (_, gateway) => {
        const reading = await readingOf(() => look(gateway))
        return { observations: [{ host: name, kind: 'answered', ...reading }], unexpected: [] }
      },
    })
  }

  private async askUntil(
    url: string,
    wanted: number,
    withinMs: number,
    gateway: HostGateway,
  ): Promise<Reading> {
    const until = gateway.elapsed() + withinMs
    let last: Reading = { passed: false, seen: 'was not asked' }
    for (let left = withinMs; left > 0; left = until - gateway.elapsed()) {
      const limit = Math.min(ANSWER_WITHIN_MS, left)
      const reading = await readingOf(async () =>
        judgeStatus(await this.controlHost.statusOf(url, limit), wanted),
      )
      if (reading.passed) return reading
      // A look that the end of the time cuts short says less than the look before it.
      const isCutShort = left < Math.min(ANSWER_WITHIN_MS, withinMs) && gateway.elapsed() >= until
      if (!isCutShort) last = reading
      await gateway.wait(Math.max(0, Math.min(this.lookEvery, until - gateway.elapsed())))
    }
    return last
  }
}

const LOOKED_AT_NOTHING = 'looked at nothing: the hosts are simulated'

function judgeStatus(status: number, wanted: number): Reading {
  if (status === wanted) return { passed: true, seen: `answered ${status}` }
  const leads = status >= 300 && status < 400 ? '; no redirect is followed: name where it leads' : ''
  return { passed: false, seen: `answered ${status}, and should answer ${wanted}${leads}` }
}

/** Returns what a look has shown; a fault of what is looked at is one that has not passed. */
async function readingOf(look: () => Promise<Reading>): Promise<Reading> {
  try {
    return await look()
  } catch (error) {
    if (error instanceof ControlHostFault) return { passed: false, seen: error.message }
    throw error
  }
}
