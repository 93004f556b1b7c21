import type { StepEffect } from '../sentences/effects'
import type { FeatureText } from './feature_text'
import { effectOf } from '../sentences/catalogue'

/** A step at its place in the course of its feature. */
export interface StepOccurrence<D extends StepEffect = StepEffect> {
  line: number
  text: string
  effect: D
  /** The place of the step among all moments of the feature. */
  index: number
  scenario: number
  /** The wave that the step is for; undefined when it is for all hosts. */
  wave: Extract<StepEffect, { kind: 'takes wave' }> | undefined
  /** The load balancer that was named last; it stays named from one scenario to the next. */
  balancer: { name: string; firewall: boolean; backend?: { kind: string; name: string } } | undefined
}

export type OccurrenceOf<K extends StepEffect['kind']> = StepOccurrence<Extract<StepEffect, { kind: K }>>

/**
 * A feature in the order in which it happens, one scenario after the other. It knows which line comes before which for
 * the same hosts.
 */
export class FeatureTimeline {
  readonly moments: readonly StepOccurrence[]
  readonly whole: boolean
  private readonly scenarios: readonly (readonly StepOccurrence[])[]

  constructor(feature: FeatureText) {
    this.scenarios = parseScenarios(feature)
    this.moments = this.scenarios.flat()
    this.whole = feature.whole
  }

  of<K extends StepEffect['kind']>(...kinds: K[]): OccurrenceOf<K>[] {
    return this.moments.filter((moment): moment is OccurrenceOf<K> => is(moment, ...kinds))
  }

  /** Returns the moments that pass a test, to be asked which of them is the nearest to another one. */
  where(test: (moment: StepOccurrence) => boolean): Neighbours {
    return new Neighbours(this.moments.filter(test))
  }

  /**
   * Groups moments by key; each group is asked for the nearest to another moment. A moment without a key is in no
   * group.
   */
  by(keyOf: (moment: StepOccurrence) => string | undefined): (key: string) => Neighbours {
    const grouped = new Map<string, StepOccurrence[]>()
    for (const moment of this.moments) {
      const key = keyOf(moment)
      if (key === undefined) continue
      const own = grouped.get(key) ?? []
      grouped.set(key, own)
      own.push(moment)
    }
    const known = new Map([...grouped].map(([key, moments]) => [key, new Neighbours(moments)]))
    return (key) => known.get(key) ?? NONE
  }

  /** Returns the earlier moments of the same scenario, the nearest first. */
  beforeInScenario(moment: StepOccurrence): StepOccurrence[] {
    return this.scenarioOf(moment)
      .filter(({ index }) => index < moment.index)
      .reverse()
  }

  /** Returns the later moments of the same scenario, the nearest first. */
  afterInScenario(moment: StepOccurrence): StepOccurrence[] {
    return this.scenarioOf(moment).filter(({ index }) => index > moment.index)
  }

  private scenarioOf({ scenario }: StepOccurrence): readonly StepOccurrence[] {
    return this.scenarios[scenario] ?? []
  }
}

/**
 * Moments of a feature, in order. It finds the nearest to another one that is about the same hosts without a look at
 * all that lie between. A table of 5,000 rows costs each of them what a table of three does.
 */
class Neighbours {
  private readonly ofAllHosts: readonly StepOccurrence[]
  private readonly byScenario = new Map<number, StepOccurrence[]>()

  constructor(private readonly all: readonly StepOccurrence[]) {
    this.ofAllHosts = all.filter(({ wave }) => wave === undefined)
    for (const moment of all) {
      const own = this.byScenario.get(moment.scenario) ?? []
      this.byScenario.set(moment.scenario, own)
      own.push(moment)
    }
  }

  /** Returns the nearest moment before another one that is about the same hosts. */
  lastBefore(moment: StepOccurrence): StepOccurrence | undefined {
    const found = this.about(moment).flatMap((list) => list[firstFrom(list, moment.index) - 1] ?? [])
    return found.sort((a, b) => b.index - a.index)[0]
  }

  /** Returns the nearest moment after another one that is about the same hosts. */
  firstAfter(moment: StepOccurrence): StepOccurrence | undefined {
    const found = this.about(moment).flatMap((list) => list[firstFrom(list, moment.index + 1)] ?? [])
    return found.sort((a, b) => a.index - b.index)[0]
  }

  /** Returns the first of all moments that are about the same hosts as another one. */
  firstFor(moment: StepOccurrence): StepOccurrence | undefined {
    const found = this.about(moment).flatMap((list) => list[0] ?? [])
    return found.sort((a, b) => a.index - b.index)[0]
  }

  /** Returns the moments about the same hosts as another one: only two waves have no host in common. */
  private about({ wave, scenario }: StepOccurrence): (readonly StepOccurrence[])[] {
    return wave === undefined ? [this.all] : [this.byScenario.get(scenario) ?? [], this.ofAllHosts]
  }
}

const NONE = new Neighbours([])

/** Returns the index of the first moment whose place in the feature is `index` or later. */
function firstFrom(moments: readonly StepOccurrence[], index: number): number {
  let [low, high] = [0, moments.length]
  while (low < high) {
    const middle = (low + high) >>> 1
    if ((moments[middle]?.index ?? index) < index) low = middle + 1
    else high = middle
  }
  return low
}

export function is<K extends StepEffect['kind']>(
  moment: StepOccurrence,
  ...kinds: K[]
): moment is OccurrenceOf<K> {
  return (kinds as readonly string[]).includes(moment.effect.kind)
}

export function mayAct({ effect }: StepOccurrence): boolean {
  return effect.kind === 'runs action' || (effect.kind === 'unknown' && effect.acts)
}

export function mayLook({ effect }: StepOccurrence): boolean {
  return (
    effect.kind === 'runs action' ||
    effect.kind === 'sees action' ||
    (effect.kind === 'unknown' && effect.looks)
  )
}

/** Formats the name of the step that a finding is about. */
export function quote({ text }: Pick<StepOccurrence, 'text'>): string {
  return `"${text}"`
}

/** Formats the name of another step, with its line. */
export function nameLine({ text, line }: Pick<StepOccurrence, 'text' | 'line'>): string {
  return `"${text}" (line ${line})`
}

function parseScenarios({ scenarios }: FeatureText): StepOccurrence[][] {
  let index = 0
  let balancer: StepOccurrence['balancer']
  return scenarios.map(({ steps }, scenario) => {
    let wave: StepOccurrence['wave']
    return steps.map((step) => {
      const effect: StepEffect = effectOf(step)
      if (effect.kind === 'names balancer') {
        const { kind: _, ...named } = effect
        balancer = named
      }
      if (effect.kind === 'takes wave') wave = effect
      const { line, text } = step
      index += 1
      return { line, text, effect, index: index - 1, scenario, wave, balancer }
    })
  })
}
