import type { Rule } from '../rule'
import { is, mayAct, nameLine, quote } from '../feature_timeline'

export const puppetRunWhileDisabled: Rule = {
  id: 'puppet-run-while-disabled',
  severity: 'error',
  why: 'A disabled puppet does not run: the rollout could only stop here.',
  fix: 'Say "I enable puppet" before it.',
  find: (timeline) =>
    timeline.of('runs puppet', 'runs puppet in noop', 'sees puppet run again').flatMap((moment) => {
      const last = timeline
        .beforeInScenario(moment)
        .find((earlier) => mayAct(earlier) || is(earlier, 'disables puppet', 'enables puppet'))
      if (last === undefined || !is(last, 'disables puppet')) return []
      return [{ line: moment.line, message: `${quote(moment)}, and ${nameLine(last)} has disabled puppet` }]
    }),
}
