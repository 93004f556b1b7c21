import type { Fault, Rule } from '../rule'
import {
  is,
  mayAct,
  quote,
  type StepOccurrence,
  type OccurrenceOf,
  type FeatureTimeline,
} from '../feature_timeline'

export const waveAsLargeAsThePool: Rule = {
  id: 'wave-as-large-as-the-pool',
  severity: 'warning',
  why: 'A mistake would reach every host at once, and no host would be left to serve.',
  fix: 'Take the hosts in waves, "1 host" first; or say how much of the pool must stay in service, or that the whole pool may be out of service.',
  find(timeline) {
    const [first] = timeline.of('takes wave')
    const meant = timeline.where(isMeant)
    return timeline
      .of('takes out')
      .flatMap((moment) =>
        meant.lastBefore(moment) !== undefined ? [] : tooMany(timeline, moment, first?.scenario),
      )
  },
}

function tooMany(
  timeline: FeatureTimeline,
  moment: OccurrenceOf<'takes out'>,
  firstWave: number | undefined,
): Fault[] {
  const { wave, line } = moment
  if (wave === undefined) {
    // A line before the wave of its scenario is left to change-before-the-wave.
    const waveComes = timeline.afterInScenario(moment).some((later) => later.wave !== undefined)
    return waveComes ? [] : [{ line, message: `${quote(moment)} is for all hosts at once` }]
  }
  const isFirst = moment.scenario === firstWave
  const isAll = wave.size.kind === 'rest' || (wave.size.kind === 'percent' && wave.size.percent === 100)
  return isFirst && isAll && timeline.whole
    ? [{ line, message: `the first wave, "${wave.written}", takes all hosts out at once` }]
    : []
}

/** Returns whether a line says that many hosts may be out, or that there are not many. */
function isMeant(moment: StepOccurrence): boolean {
  return (
    mayAct(moment) ||
    is(moment, 'keeps pool', 'lets pool go') ||
    (is(moment, 'selects hosts') && moment.effect.single) ||
    (is(moment, 'counts hosts') && moment.effect.exactly === 1)
  )
}
