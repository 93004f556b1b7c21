import type { Rule } from '../rule'
import { mayAct, quote } from '../feature_timeline'

export const noLoadBalancer: Rule = {
  id: 'no-load-balancer',
  severity: 'error',
  why: 'The rollout would stop at this line, whatever was changed before it.',
  fix: 'Say first: the load balancer has ip address …, or: the load balancer is the haproxy backend ….',
  find(timeline) {
    const acts = timeline.where(mayAct)
    return timeline
      .of('takes out', 'puts back', 'sees traffic', 'sees requests')
      .filter((moment) => moment.balancer === undefined && acts.lastBefore(moment) === undefined)
      .map((moment) => ({ line: moment.line, message: `${quote(moment)}, and no load balancer is named` }))
  },
}
