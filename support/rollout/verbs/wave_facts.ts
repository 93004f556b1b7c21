import { asking } from '../engine/change'
import type { StepContext } from '../engine/step_context'
import { observationOf, formatValue } from '../model/reading'
import type { Verdict } from '../model/verdict'
import type { FactOf, WaveSize } from '../model/wave_plan'

export interface HostsOut {
  /** Returns whether a host has failed within the budget: it is asked nothing any more. */
  isOut: (host: string) => boolean
  /** Returns a host's value of a fact as an earlier run of the rollout knew it. */
  factBefore: (host: string, fact: string) => string | undefined
}

/** The facts of hosts that waves go by. Each fact is asked for once, and of no host that is out. */
export class WaveFacts {
  private readonly facts = new Map<string, Map<string, string>>()

  constructor(
    private readonly step: Pick<StepContext, 'executor'>,
    private readonly around: HostsOut,
  ) {}

  readonly factOf: FactOf = (host, fact) => this.facts.get(fact)?.get(host) ?? ''

  /** Returns whether waves can go by a host's facts. They cannot where it was out before it was asked. */
  areKnownOf(host: string): boolean {
    return [...this.facts.values()].every((values) => values.has(host))
  }

  /** Asks all hosts for the facts that waves go by. Resolves with a verdict when one of them does not say. */
  async learn(sizes: readonly WaveSize[], all: readonly string[]): Promise<Verdict | undefined> {
    for (const size of sizes) {
      if (size.kind !== 'each' || this.facts.has(size.fact)) continue
      const { fact } = size
      const ask = asking({ agent: 'rpcutil', action: 'get_fact', inputs: { fact } })
      const [out, asked] = [all.filter(this.around.isOut), all.filter((host) => !this.around.isOut(host))]
      const answers = await ask(asked, this.step.executor.gateway)
      const values = new Map<string, string>()
      const observations = asked.map((host) =>
        observationOf(host, answers, (answer) => {
          const value = answer.kind === 'answered' ? answer.data['value'] : undefined
          if (value === undefined || value === null || value === '')
            return { passed: false, seen: `has no fact ${fact}` }
          values.set(host, formatValue(value))
          return { passed: true, seen: `${fact} ${formatValue(value)}` }
        }),
      )
      if (values.size < asked.length) return { observations, unexpected: answers.unexpected }
      for (const host of out) {
        const value = this.around.factBefore(host, fact)
        if (value !== undefined) values.set(host, value)
      }
      this.facts.set(fact, values)
    }
    return undefined
  }
}
