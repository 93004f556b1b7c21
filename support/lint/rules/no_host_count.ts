import type { Rule } from '../rule'
import { is, mayAct } from '../story'

export const noHostCount: Rule = {
  id: 'no-host-count',
  severity: 'warning',
  why: 'A host that is down, or a misspelt fact, would make the rollout smaller, and it would still hold.',
  fix: 'Say "there should be at least … hosts", or list the hosts.',
  find: (story) =>
    story
      .of('takes out', 'disables puppet', 'changes package', 'changes service')
      .flatMap((change) => {
        const before = story.before(change).reverse()
        const selection = before.find((moment) => is(moment, 'selects hosts'))
        const isKnown = before.some(
          (moment) =>
            mayAct(moment) ||
            is(moment, 'counts hosts') ||
            (is(moment, 'selects hosts') && moment.deed.fixed),
        )
        return selection === undefined || isKnown ? [] : [selection]
      })
      .slice(0, 1)
      .map(({ line }) => ({
        line,
        message: 'no line says how many hosts there should be before the first of them is changed',
      })),
}
