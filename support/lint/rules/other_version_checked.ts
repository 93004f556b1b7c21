import { mayBeSameVersion } from '../../rollout/model/versions'
import type { Fault, Rule } from '../rule'
import { is, mayAct, nameLine, type OccurrenceOf, type FeatureTimeline } from '../feature_timeline'

export const otherVersionChecked: Rule = {
  id: 'other-version-checked',
  severity: 'error',
  why: 'The rollout could only stop here, with its hosts changed.',
  fix: 'Say the same version on both lines, whole, as the package manager has it.',
  find: (timeline) => timeline.of('sees version').flatMap((look) => findOtherInstalls(timeline, look)),
}

function findOtherInstalls(timeline: FeatureTimeline, look: OccurrenceOf<'sees version'>): Fault[] {
  const { name, version } = look.effect
  const last = timeline
    .beforeInScenario(look)
    .find((moment) => mayAct(moment) || (is(moment, 'changes package') && moment.effect.name === name))
  if (last === undefined || !is(last, 'changes package')) return []
  const installed = last.effect.version
  return installed === undefined || mayBeSameVersion(installed, version)
    ? []
    : [{ line: look.line, message: `${version} is looked for, but ${nameLine(last)} installs ${installed}` }]
}
