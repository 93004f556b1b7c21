import type { Rule } from '../rule'
import { is, quote } from '../feature_timeline'

export const changeBeforeTheWave: Rule = {
  id: 'change-before-the-wave',
  severity: 'error',
  why: 'What comes before "I take the next …" is for all hosts, not for those of the wave.',
  fix: 'Move it behind "I take the next …": out of the Background, if it is there.',
  find: (timeline) =>
    timeline
      .of('takes out', 'begins downtime', 'changes package', 'deploys tag', 'changes service', 'runs puppet')
      .flatMap((moment) => {
        const wave = timeline.afterInScenario(moment).find((later) => is(later, 'takes wave'))
        if (moment.wave !== undefined || wave === undefined) return []
        const message = `${quote(moment)} is for all hosts; the wave is taken on line ${wave.line}`
        return [{ line: moment.line, message }]
      }),
}
