import type { Fault, Rule } from '../rule'
import { is, mayAct, named, quoted, type Moment, type Story } from '../story'

export const changeInRotation: Rule = {
  id: 'change-in-rotation',
  severity: 'error',
  why: 'The load balancer would send requests to hosts while they are changed.',
  fix: 'Change hosts between "I block the load balancer" and "I unblock the load balancer".',
  find(story) {
    // A feature that counts failed requests and takes no host out has hosts that can be changed while they serve.
    if (story.of('takes out').length === 0 && story.of('sees requests').length > 0) return []
    const moved = story.where((moment) => is(moment, 'takes out', 'puts back') || mayAct(moment))
    return story
      .of('changes package', 'changes service')
      .flatMap((change) => whileServing(story, change, moved.lastBefore(change)))
  },
}

function whileServing(story: Story, change: Moment, last: Moment | undefined): Fault[] {
  if (change.balancer === undefined) return []
  if (last !== undefined && !is(last, 'puts back')) return []
  return [
    {
      line: change.line,
      message: `${quoted(change)} changes hosts in rotation: ${reason(story, change, last)}`,
      // A service that is not behind the load balancer may well be changed.
      ...(is(change, 'changes service') ? { severity: 'warning' as const } : {}),
    },
  ]
}

function reason(story: Story, change: Moment, putBack: Moment | undefined): string {
  if (putBack?.scenario === change.scenario) return `${named(putBack)} has put them back`
  const takesOut = story.afterInScenario(change).find((moment) => is(moment, 'takes out'))
  return takesOut === undefined
    ? 'a load balancer is named, and no line of this scenario takes them out'
    : `only ${named(takesOut)} takes them out`
}
