import type { Fault, Rule } from '../rule'
import { is, mayAct, quoted, type Moment, type Story } from '../story'

export const blockWithoutUnblock: Rule = {
  id: 'block-without-unblock',
  severity: 'error',
  why: 'The rollout would hold, and leave its hosts out of service, or puppet disabled on them.',
  fix: 'Say "I unblock the load balancer", or "I enable puppet", as one of the last lines.',
  find: (story) => [
    ...unanswered(story, story.of('takes out'), 'and no line after it puts its hosts back', isPutBack),
    ...unanswered(story, story.of('disables puppet'), 'and no line after it enables puppet again', isEnabled),
  ],
}

/** Of several that take out the same hosts the last one counts. */
function unanswered(
  story: Story,
  opened: readonly Moment[],
  what: string,
  answers: (later: Moment, opened: Moment) => boolean,
): Fault[] {
  return opened
    .filter((moment) =>
      story
        .after(moment)
        .every((later) => !mayAct(later) && !answers(later, moment) && !isSameAgain(later, moment)),
    )
    .map((moment) => ({ line: moment.line, message: `${quoted(moment)}, ${what}` }))
}

function isPutBack(later: Moment, opened: Moment): boolean {
  return is(later, 'puts back') && later.balancer?.name === opened.balancer?.name
}

function isEnabled(later: Moment): boolean {
  return is(later, 'enables puppet')
}

function isSameAgain(later: Moment, opened: Moment): boolean {
  return (
    later.scenario === opened.scenario &&
    later.deed.kind === opened.deed.kind &&
    later.balancer?.name === opened.balancer?.name
  )
}
