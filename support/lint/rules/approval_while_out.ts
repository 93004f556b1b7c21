import type { Rule } from '../rule'
import { is, nameLine } from '../feature_timeline'

export const approvalWhileOut: Rule = {
  id: 'approval-while-out',
  severity: 'warning',
  why: 'Hosts would be out of rotation for as long as a person takes to answer, an hour perhaps.',
  fix: 'Wait for approval before hosts are taken out.',
  find(timeline) {
    const moved = timeline.where((moment) => is(moment, 'takes out', 'puts back'))
    return timeline.of('waits for approval').flatMap((waiting) => {
      const last = moved.lastBefore(waiting)
      return last === undefined || !is(last, 'takes out')
        ? []
        : [{ line: waiting.line, message: `approval is waited for while hosts are out: ${nameLine(last)}` }]
    })
  },
}
