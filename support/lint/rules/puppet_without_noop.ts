import type { Rule } from '../rule'
import { is, mayAct, quote } from '../feature_timeline'

export const puppetWithoutNoop: Rule = {
  id: 'puppet-without-noop',
  severity: 'warning',
  why: 'A plan does not run puppet: only a run in noop shows what a run will change, before it is changed.',
  fix: 'Say before it: I run puppet in noop; puppet would change nothing but: ….',
  find(timeline) {
    const [first] = timeline.of('runs puppet')
    if (first === undefined) return []
    const isShown = timeline.moments.some(
      (moment) => moment.index < first.index && (mayAct(moment) || is(moment, 'runs puppet in noop')),
    )
    return isShown
      ? []
      : [{ line: first.line, message: `${quote(first)}, and no line before it runs puppet in noop` }]
  },
}
