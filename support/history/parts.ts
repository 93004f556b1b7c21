import { featureParts } from '../rollout/model/feature_parts'
import type { Entry } from './history_record'

type End = Extract<Entry, { type: 'rollouts ended' }>

/**
 * Splits a journal into the features of its run, in the order in which they began. The journal says once, for all of
 * them, how the run ended.
 */
export function partsOf(entries: readonly Entry[]): Entry[][] {
  const parts = [...featureParts(entries).values()].map((part) =>
    part.filter(({ type }) => type !== 'rollouts ended'),
  )
  const end = entries.findLast((entry): entry is End => entry.type === 'rollouts ended')
  if (end === undefined) return parts
  return parts.map((part, index) => [...part, index === parts.length - 1 ? end : endOf(part, end)])
}

/**
 * Returns the end of one feature. A feature that came to its end stays so when a later one stops. A divergence after
 * the last line may belong to any feature.
 */
function endOf(part: readonly Entry[], end: End): End {
  const begun = part.filter(({ type }) => type === 'scenario').length
  const passed = part.filter(({ type }) => type === 'scenario passed').length
  if (end.passed || end.withinBudget === true || begun !== passed || end.reason === 'diverged') return end
  const hasLost = part.some(({ type }) => type === 'out')
  return { ...end, passed: !hasLost, reason: '', ...(hasLost ? { withinBudget: true } : {}) }
}
