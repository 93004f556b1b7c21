import type { Rule } from '../rule'
import { is, mayLook, quote } from '../feature_timeline'

export const puppetWithoutCheck: Rule = {
  id: 'puppet-without-check',
  severity: 'error',
  why: 'A run of puppet ends where resources failed too, and no line would say so.',
  fix: 'Say afterwards: puppet should have failed on no resource.',
  find(timeline) {
    const looks = timeline.where((moment) => mayLook(moment) || is(moment, 'sees puppet failures'))
    return timeline
      .of('runs puppet')
      .filter((moment) => looks.firstAfter(moment) === undefined)
      .map((moment) => ({
        line: moment.line,
        message: `${quote(moment)}, and no line after it looks whether a resource failed`,
      }))
  },
}
