import type { Fault, Rule } from '../rule'
import { is, mayLook, nameLine, type StepOccurrence, type FeatureTimeline } from '../feature_timeline'

export const unblockBeforeHealthCheck: Rule = {
  id: 'unblock-before-health-check',
  severity: 'error',
  why: 'Requests would reach hosts whose change nobody has looked at.',
  fix: 'Before the hosts go back, look at a check, at the service, at the version of the package, or at the deployed tag.',
  find(timeline) {
    const told = timeline.where((moment) => isChange(moment) || is(moment, 'puts back') || looks(moment))
    return timeline.of('puts back').flatMap((back) => unseenBefore(timeline, back, told.lastBefore(back)))
  },
}

function unseenBefore(
  timeline: FeatureTimeline,
  back: StepOccurrence,
  change: StepOccurrence | undefined,
): Fault[] {
  if (change === undefined || !isChange(change)) return []
  const late = timeline.afterInScenario(back).find(looks)
  const tooLate = late === undefined ? '' : `; ${nameLine(late)} is too late`
  return [
    {
      line: back.line,
      message: `${nameLine(change)} is followed by no look at what came of it before hosts go back${tooLate}`,
    },
  ]
}

/** Returns whether a line changes what requests are for: a package, a release, or a service that is not stopped. */
function isChange(moment: StepOccurrence): boolean {
  return (
    is(moment, 'changes package', 'deploys tag') ||
    (is(moment, 'changes service') && moment.effect.to === 'running')
  )
}

function looks(moment: StepOccurrence): boolean {
  return (
    mayLook(moment) ||
    is(moment, 'sees check', 'sees version', 'sees deployed tag') ||
    (is(moment, 'sees service') && moment.effect.wanted === 'running')
  )
}
