import { asking } from '../engine/change'
import type { StepContext } from '../engine/step_context'
import { observationOf, shown } from '../model/reading'
import type { Verdict } from '../model/verdict'
import type { FactOf, WaveSize } from '../model/wave_plan'

/** The facts of hosts that waves go by. Each fact is asked for once. */
export class WaveFacts {
  private readonly facts = new Map<string, Map<string, string>>()

  constructor(private readonly step: Pick<StepContext, 'executor'>) {}

  readonly factOf: FactOf = (host, fact) => this.facts.get(fact)?.get(host) ?? ''

  /** Asks all hosts for the facts that waves go by. Resolves with a verdict when one of them does not say. */
  async learn(sizes: readonly WaveSize[], all: readonly string[]): Promise<Verdict | undefined> {
    for (const size of sizes) {
      if (size.kind !== 'each' || this.facts.has(size.fact)) continue
      const { fact } = size
      const ask = asking({ agent: 'rpcutil', action: 'get_fact', inputs: { fact } })
      const answers = await ask(all, this.step.executor.gateway)
      const values = new Map<string, string>()
      const observations = all.map((host) =>
        observationOf(host, answers, (answer) => {
          const value = answer.kind === 'answered' ? answer.data['value'] : undefined
          if (value === undefined || value === null || value === '')
            return { passed: false, seen: `has no fact ${fact}` }
          values.set(host, shown(value))
          return { passed: true, seen: `${fact} ${shown(value)}` }
        }),
      )
      if (values.size < all.length) return { observations, unexpected: answers.unexpected }
      this.facts.set(fact, values)
    }
    return undefined
  }
}
