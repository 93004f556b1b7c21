import type { Rule } from '../rule'
import { is, quoted } from '../story'

export const poolWithoutRoom: Rule = {
  id: 'pool-without-room',
  severity: 'error',
  why: 'No host that serves could ever be taken out; the rollout would stop before it begins.',
  fix: 'Let less than all of the pool stay in service.',
  find: (story) =>
    story
      .of('keeps pool')
      .filter((moment) => moment.deed.all && story.after(moment).some((later) => is(later, 'takes out')))
      .map((moment) => ({ line: moment.line, message: `${quoted(moment)}, and later lines take hosts out` })),
}
