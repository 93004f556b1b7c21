import type { Fault, Rule } from '../rule'
import { is, mayAct, quote, type StepOccurrence, type FeatureTimeline } from '../feature_timeline'

export const blockWithoutUnblock: Rule = {
  id: 'block-without-unblock',
  severity: 'error',
  why: 'The rollout would pass, and leave its hosts out of service, without alerts, or with puppet disabled.',
  fix: 'Say "I unblock the load balancer", "I end the downtime" or "I enable puppet" as one of the last lines.',
  find: (timeline) => [
    ...findUnanswered(timeline, 'takes out', 'puts back', 'and no line after it puts its hosts back'),
    ...findUnanswered(
      timeline,
      'disables puppet',
      'enables puppet',
      'and no line after it enables puppet again',
    ),
    ...findUnanswered(timeline, 'begins downtime', 'ends downtime', 'and no line after it ends the downtime'),
  ],
}

/**
 * Returns the faults of hosts that are taken out and not put back. Of several lines that take out the same hosts the
 * last one counts.
 */
function findUnanswered(
  timeline: FeatureTimeline,
  opening: 'takes out' | 'disables puppet' | 'begins downtime',
  answer: 'puts back' | 'enables puppet' | 'ends downtime',
  what: string,
): Fault[] {
  const acts = timeline.where(mayAct)
  const through = ({ balancer }: StepOccurrence) => (answer === 'puts back' ? (balancer?.name ?? '') : '')
  const answersThrough = timeline.by((moment) => (is(moment, answer) ? through(moment) : undefined))
  return timeline
    .of(opening)
    .filter(
      (moment) =>
        acts.firstAfter(moment) === undefined &&
        answersThrough(through(moment)).firstAfter(moment) === undefined &&
        !timeline.afterInScenario(moment).some((later) => isSameAgain(later, moment)),
    )
    .map((moment) => ({ line: moment.line, message: `${quote(moment)}, ${what}` }))
}

function isSameAgain(later: StepOccurrence, opened: StepOccurrence): boolean {
  return later.effect.kind === opened.effect.kind && isSameBalancer(later, opened)
}

function isSameBalancer(later: StepOccurrence, opened: StepOccurrence): boolean {
  return later.balancer?.name === opened.balancer?.name
}
