import type { Fault, Rule } from '../rule'
import { is, mayLook, named, type Moment, type Story } from '../story'

export const unblockBeforeHealthCheck: Rule = {
  id: 'unblock-before-health-check',
  severity: 'error',
  why: 'Requests would reach hosts whose change nobody has looked at.',
  fix: 'Before the hosts go back, look at a check, at the service, or at the version of the package.',
  find: (story) => story.of('puts back').flatMap((back) => unseenBefore(story, back)),
}

function unseenBefore(story: Story, back: Moment): Fault[] {
  const before = story.before(back)
  const last = before.findIndex((moment) => isChange(moment) || is(moment, 'puts back') || looks(moment))
  const change = before[last]
  if (change === undefined || !isChange(change)) return []
  const late = story.after(back).find((moment) => looks(moment) && moment.scenario === back.scenario)
  const tooLate = late === undefined ? '' : `; ${named(late)} is too late`
  return [
    {
      line: back.line,
      message: `${named(change)} is followed by no look at what came of it before hosts go back${tooLate}`,
    },
  ]
}

/** A service that is stopped is not what requests are for. */
function isChange(moment: Moment): boolean {
  return is(moment, 'changes package') || (is(moment, 'changes service') && moment.deed.to === 'running')
}

function looks(moment: Moment): boolean {
  return (
    mayLook(moment) ||
    is(moment, 'sees check', 'sees version') ||
    (is(moment, 'sees service') && moment.deed.wanted === 'running')
  )
}
