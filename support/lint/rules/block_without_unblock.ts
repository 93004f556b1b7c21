import type { Fault, Rule } from '../rule'
import { is, mayAct, quoted, type Moment, type Story } from '../story'

export const blockWithoutUnblock: Rule = {
  id: 'block-without-unblock',
  severity: 'error',
  why: 'The rollout would pass, and leave its hosts out of service, or puppet disabled on them.',
  fix: 'Say "I unblock the load balancer", or "I enable puppet", as one of the last lines.',
  find: (story) => [
    ...unanswered(story, 'takes out', 'puts back', 'and no line after it puts its hosts back'),
    ...unanswered(story, 'disables puppet', 'enables puppet', 'and no line after it enables puppet again'),
  ],
}

/**
 * Returns the faults of hosts that are taken out and not put back. Of several lines that take out the same hosts the
 * last one counts.
 */
function unanswered(
  story: Story,
  opening: 'takes out' | 'disables puppet',
  answer: 'puts back' | 'enables puppet',
  what: string,
): Fault[] {
  const acts = story.where(mayAct)
  const through = ({ balancer }: Moment) => (answer === 'puts back' ? (balancer?.name ?? '') : '')
  const answersThrough = story.by((moment) => (is(moment, answer) ? through(moment) : undefined))
  return story
    .of(opening)
    .filter(
      (moment) =>
        acts.firstAfter(moment) === undefined &&
        answersThrough(through(moment)).firstAfter(moment) === undefined &&
        !story.afterInScenario(moment).some((later) => isSameAgain(later, moment)),
    )
    .map((moment) => ({ line: moment.line, message: `${quoted(moment)}, ${what}` }))
}

function isSameAgain(later: Moment, opened: Moment): boolean {
  return later.deed.kind === opened.deed.kind && isSameBalancer(later, opened)
}

function isSameBalancer(later: Moment, opened: Moment): boolean {
  return later.balancer?.name === opened.balancer?.name
}
