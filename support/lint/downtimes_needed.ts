import type { FeatureText } from './feature_text'
import { FeatureTimeline, is } from './feature_timeline'

/** Returns the first line of a feature that needs a monitoring system which takes downtimes; undefined for none. */
export function findDowntime({
  scenarios,
}: Pick<FeatureText, 'scenarios'>): { line: number; text: string } | undefined {
  const timeline = new FeatureTimeline({ uri: '', scenarios, comments: [], places: [], whole: true })
  return timeline.moments.find((moment) => is(moment, 'begins downtime', 'ends downtime', 'sees downtime'))
}
