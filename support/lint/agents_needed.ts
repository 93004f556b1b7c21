import type { NeededAgent } from '../rollout/ports'
import { EFFECTS } from '../sentences/effects'
import type { FeatureText } from './feature_text'
import { FeatureTimeline, type StepOccurrence } from './feature_timeline'

/**
 * Returns the agents that a feature's lines cannot do without, each with the first line that needs it. A step of a
 * team's own may ask any agent: only a sentence that names one is known beforehand.
 */
export function agentsNeeded({ scenarios }: Pick<FeatureText, 'scenarios'>): NeededAgent[] {
  const needed = new Map<string, NeededAgent>()
  for (const moment of new FeatureTimeline({ uri: '', scenarios, comments: [], places: [], whole: true })
    .moments) {
    const agent = agentOf(moment)
    const { line, text } = moment
    if (agent !== undefined && !needed.has(agent)) needed.set(agent, { agent, line, text })
  }
  return [...needed.values()]
}

function agentOf({ effect, balancer }: StepOccurrence): string | undefined {
  if (effect.kind === 'unknown') return undefined
  // A text that is no name of an agent is a variable.
  if (effect.kind === 'runs action' || effect.kind === 'sees action')
    return /^\w+$/.test(effect.agent) ? effect.agent : undefined
  const { needs } = EFFECTS[effect.kind]
  if (needs !== 'balancer') return needs
  return balancer?.firewall === true ? 'iptables' : undefined
}
