import type { Rule } from '../rule'
import { is, mayAct } from '../feature_timeline'

export const noHostCount: Rule = {
  id: 'no-host-count',
  severity: 'warning',
  why: 'A host that is down, or a misspelt fact, would make the rollout smaller, and it would still pass.',
  fix: 'Say "there should be at least … hosts", or list the hosts.',
  find(timeline) {
    const known = timeline.where(
      (moment) =>
        mayAct(moment) ||
        is(moment, 'counts hosts', 'leaves strangers alone') ||
        (is(moment, 'selects hosts') && moment.effect.fixed),
    )
    const selections = timeline.where((moment) => is(moment, 'selects hosts'))
    const change = timeline
      .of(
        'takes out',
        'begins downtime',
        'disables puppet',
        'changes package',
        'deploys tag',
        'changes service',
        'runs puppet',
      )
      .find((moment) => known.lastBefore(moment) === undefined && selections.lastBefore(moment) !== undefined)
    const line = change && selections.firstFor(change)?.line
    const message = 'no line says how many hosts there should be before the first of them is changed'
    return line === undefined ? [] : [{ line, message }]
  },
}
