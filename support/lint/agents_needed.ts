import type { NeededAgent } from '../rollout/ports'
import type { StepEffect } from './step_effects'
import type { FeatureText } from './feature_text'
import { FeatureTimeline, type StepOccurrence } from './feature_timeline'

/** The agents that deeds need, by the kind of deed. */
const AGENTS: Readonly<Partial<Record<StepEffect['kind'], string>>> = {
  'changes package': 'package',
  'sees version': 'package',
  'sees package': 'package',
  'changes service': 'service',
  'sees service': 'service',
  'sees check': 'nrpe',
  'disables puppet': 'puppet',
  'enables puppet': 'puppet',
  'sees puppet': 'puppet',
}
/** The deeds that hosts themselves carry out where their own firewall is the load balancer. */
const BY_FIREWALL = new Set<StepEffect['kind']>(['takes out', 'puts back', 'sees traffic'])

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

function agentOf({ deed, balancer }: StepOccurrence): string | undefined {
  if (BY_FIREWALL.has(deed.kind)) return balancer?.firewall === true ? 'iptables' : undefined
  if (deed.kind !== 'anything') return AGENTS[deed.kind]
  // A text that is no name of an agent is a variable.
  return /^\w+$/.test(deed.agent ?? '') ? deed.agent : undefined
}
