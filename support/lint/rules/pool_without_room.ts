import type { Rule } from '../rule'
import { is, quote } from '../feature_timeline'

export const poolWithoutRoom: Rule = {
  id: 'pool-without-room',
  severity: 'error',
  why: 'No host that serves could ever be taken out; the rollout would stop before it begins.',
  fix: 'Let less than all of the pool stay in service.',
  find(timeline) {
    const outs = timeline.where((moment) => is(moment, 'takes out'))
    return timeline
      .of('keeps pool')
      .filter((moment) => moment.effect.all && outs.firstAfter(moment) !== undefined)
      .map((moment) => ({ line: moment.line, message: `${quote(moment)}, and later lines take hosts out` }))
  },
}
