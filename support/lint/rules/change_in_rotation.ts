import type { Fault, Rule } from '../rule'
import { is, mayAct, nameLine, quote, type StepOccurrence, type FeatureTimeline } from '../feature_timeline'

export const changeInRotation: Rule = {
  id: 'change-in-rotation',
  severity: 'error',
  why: 'The load balancer would send requests to hosts while they are changed.',
  fix: 'Change hosts between "I block the load balancer" and "I unblock the load balancer".',
  find(timeline) {
    // A feature that counts failed requests and takes no host out has hosts that can be changed while they serve.
    if (timeline.of('takes out').length === 0 && timeline.of('sees requests').length > 0) return []
    const moved = timeline.where((moment) => is(moment, 'takes out', 'puts back') || mayAct(moment))
    return timeline
      .of('changes package', 'deploys tag', 'changes service', 'runs puppet')
      .flatMap((change) => whileServing(timeline, change, moved.lastBefore(change)))
  },
}

function whileServing(
  timeline: FeatureTimeline,
  change: StepOccurrence,
  last: StepOccurrence | undefined,
): Fault[] {
  if (change.balancer === undefined) return []
  if (last !== undefined && !is(last, 'puts back')) return []
  return [
    {
      line: change.line,
      message: `${quote(change)} changes hosts in rotation: ${reason(timeline, change, last)}`,
      // A service that is not behind the load balancer may well be changed.
      ...(is(change, 'changes service') ? { severity: 'warning' as const } : {}),
    },
  ]
}

function reason(
  timeline: FeatureTimeline,
  change: StepOccurrence,
  putBack: StepOccurrence | undefined,
): string {
  if (putBack?.scenario === change.scenario) return `${nameLine(putBack)} has put them back`
  const takesOut = timeline.afterInScenario(change).find((moment) => is(moment, 'takes out'))
  return takesOut === undefined
    ? 'a load balancer is named, and no line of this scenario takes them out'
    : `only ${nameLine(takesOut)} takes them out`
}
