import type { Deed } from './deeds'
import type { FeatureText } from './feature_text'
import { deedOf } from './vocabulary'

/** A step at its place in the course of its feature. */
export interface Moment<D extends Deed = Deed> {
  line: number
  text: string
  deed: D
  /** Its place among all moments of the feature. */
  index: number
  scenario: number
  /** The wave that it is for; undefined when it is for all hosts. */
  wave: Extract<Deed, { kind: 'takes wave' }> | undefined
  /** The load balancer that was named last; it stays named from one scenario to the next. */
  balancer: { name: string; firewall: boolean } | undefined
}

export type MomentOf<K extends Deed['kind']> = Moment<Extract<Deed, { kind: K }>>

/** A feature in the order in which it happens, one scenario after the other. Says what comes before what for the same hosts. */
export class Story {
  readonly moments: readonly Moment[]
  readonly whole: boolean

  constructor(feature: FeatureText) {
    this.moments = told(feature)
    this.whole = feature.whole
  }

  of<K extends Deed['kind']>(...kinds: K[]): MomentOf<K>[] {
    return this.moments.filter((moment): moment is MomentOf<K> => is(moment, ...kinds))
  }

  /** What happened before to the same hosts, the nearest first. */
  before(moment: Moment): Moment[] {
    return this.moments
      .slice(0, moment.index)
      .filter((other) => shareHosts(other, moment))
      .reverse()
  }

  /** What happens later to the same hosts, the nearest first. */
  after(moment: Moment): Moment[] {
    return this.moments.slice(moment.index + 1).filter((other) => shareHosts(moment, other))
  }
}

export function is<K extends Deed['kind']>(moment: Moment, ...kinds: K[]): moment is MomentOf<K> {
  return (kinds as readonly string[]).includes(moment.deed.kind)
}

export function mayAct({ deed }: Moment): boolean {
  return deed.kind === 'anything' && deed.acts
}

export function mayLook({ deed }: Moment): boolean {
  return deed.kind === 'anything' && deed.looks
}

/** How a finding names the step that it is about. */
export function quoted({ text }: Pick<Moment, 'text'>): string {
  return `"${text}"`
}

/** How it names another one. */
export function named({ text, line }: Pick<Moment, 'text' | 'line'>): string {
  return `"${text}" (line ${line})`
}

function told({ scenarios }: FeatureText): Moment[] {
  const moments: Moment[] = []
  let balancer: Moment['balancer']
  scenarios.forEach(({ steps }, scenario) => {
    let wave: Moment['wave']
    for (const step of steps) {
      const deed = deedOf(step)
      if (deed.kind === 'names balancer') balancer = { name: deed.name, firewall: deed.firewall }
      if (deed.kind === 'takes wave') wave = deed
      const { line, text } = step
      moments.push({ line, text, deed, index: moments.length, scenario, wave, balancer })
    }
  })
  return moments
}

/** Only two waves have no host in common. */
function shareHosts(a: Moment, b: Moment): boolean {
  return a.scenario === b.scenario || a.wave === undefined || b.wave === undefined
}
