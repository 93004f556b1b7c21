import type { FeatureText } from './feature_text'
import { FeatureTimeline } from './feature_timeline'

/** A balancer that has a pool and that a line of a feature cannot do without. */
export interface NeededBalancer {
  kind: string
  backend: string
  /** The abilities that the line needs, beside that it is there. */
  needs: 'drain' | 'requests' | undefined
  line: number
  text: string
}

/** Returns the balancers that the lines of a feature need, as far as their text tells. */
export function balancersNeeded({ scenarios }: Pick<FeatureText, 'scenarios'>): NeededBalancer[] {
  const { moments } = new FeatureTimeline({ uri: '', scenarios, comments: [], places: [], whole: true })
  return moments.flatMap(({ effect, balancer, line, text }): NeededBalancer[] => {
    if (balancer?.backend === undefined) return []
    const { kind, name: backend } = balancer.backend
    const needed = { kind, backend, line, text }
    if (effect.kind === 'names balancer') return [{ ...needed, needs: undefined }]
    if (effect.kind === 'takes out' && effect.drains) return [{ ...needed, needs: 'drain' }]
    return effect.kind === 'sees requests' ? [{ ...needed, needs: 'requests' }] : []
  })
}
