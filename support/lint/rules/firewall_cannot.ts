import type { Rule } from '../rule'
import { is, mayAct, quote } from '../feature_timeline'

export const firewallCannot: Rule = {
  id: 'firewall-cannot',
  severity: 'error',
  why: 'The rollout would stop at this line, whatever was changed before it.',
  fix: 'Say "I block the load balancer", or name a haproxy backend.',
  find(timeline) {
    const acts = timeline.where(mayAct)
    return timeline
      .of('takes out', 'sees requests')
      .filter((moment) => is(moment, 'sees requests') || (is(moment, 'takes out') && moment.effect.drains))
      .filter((moment) => moment.balancer?.firewall === true && acts.lastBefore(moment) === undefined)
      .map((moment) => ({
        line: moment.line,
        message: `${quote(moment)}: a load balancer with an ip address ${
          is(moment, 'takes out')
            ? 'is blocked by the hosts themselves, which cut connections and cannot drain them'
            : 'is not asked, and counts no requests'
        }`,
      }))
  },
}
