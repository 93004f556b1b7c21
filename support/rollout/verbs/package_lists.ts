import { findUnreadLists } from '../../system/package_lists'
import { asking, telling, type AskHosts, type Change } from '../engine/change'
import type { Look } from '../engine/look'
import type { Answer } from '../model/answers'
import { NOT_KNOWN } from '../model/planned_state'
import type { Reading } from '../model/reading'
import { isSameVersion } from '../model/versions'
import { orderIn, packageStatus, versionIn } from './package_answer'
import { candidatesOn } from './package_candidate'

/** The resource of what a host knows of its repositories. */
export const PACKAGE_LISTS = 'package lists'

/** The planned state of lists that a line before would have read again. */
export const REFRESHED = 'refreshed'

/** Returns the change that has hosts read the lists of all their sources again. It installs nothing. */
export function refreshLists(): Change {
  return {
    order: {
      tell: refusingUnread(telling({ agent: 'package', action: 'refresh', inputs: {} })),
      seen: describeAge,
    },
    plannable: {
      resource: PACKAGE_LISTS,
      ask: asking({ agent: 'package', action: 'count', inputs: {} }),
      plan: (answer) =>
        answer.kind === 'answered'
          ? { now: 'as they are', to: REFRESHED, always: true }
          : { now: NOT_KNOWN, to: undefined, fails: versionIn(answer) },
      words: () => 'would refresh its package lists',
      affectsOthers: false,
    },
    repeatable: true,
  }
}

/** Returns the look whether each host could install a version: a repository of its own has it, or the host itself. */
export function lookAtOffer(name: string, wanted: string): Look {
  const read = (answer: Answer): Reading => {
    if (answer.kind !== 'answered') return { passed: false, seen: versionIn(answer) }
    const { offered, obstacle } = answer.data
    if (typeof obstacle === 'string') return { passed: false, seen: obstacle }
    if (typeof offered !== 'string') return { passed: false, seen: 'does not say which versions there are' }
    return { passed: isSameVersion(offered, wanted, orderIn(answer)), seen: offered }
  }
  return {
    request: asksForOffer(name, wanted),
    read,
    subject: {
      resource: PACKAGE_LISTS,
      judge: () => ({ passed: true, seen: 'what refreshed lists offer is not known before' }),
    },
  }
}

function asksForOffer(name: string, wanted: string): AskHosts {
  return async (hosts, gateway) => {
    const answers = await asking(packageStatus(name))(hosts, gateway)
    const there = hosts.filter((host) => answers.outcomes.get(host)?.kind === 'answered')
    const candidates = await candidatesOn(there, answers, { name, wanted }, gateway)
    const outcomes = new Map(
      [...answers.outcomes].map(([host, answer]): [string, Answer] => {
        if (answer.kind !== 'answered') return [host, answer]
        const { version, obstacle, remark } = candidates.get(host) ?? {}
        const has = isSameVersion(versionIn(answer), wanted, orderIn(answer)) ? wanted : undefined
        const why = obstacle ?? ((version ?? has) === undefined ? remark : undefined)
        return [host, { ...answer, data: { ...answer.data, offered: version ?? has, obstacle: why } }]
      }),
    )
    return { ...answers, outcomes }
  }
}

/** Returns the order for agents that count a refresh as done when a source was away, as Ruby's do. */
function refusingUnread(tell: AskHosts): AskHosts {
  return async (hosts, gateway) => {
    const answers = await tell(hosts, gateway)
    const outcomes = new Map(
      [...answers.outcomes].map(([host, answer]): [string, Answer] => {
        const output = answer.kind === 'answered' ? answer.data['output'] : undefined
        const unread = typeof output === 'string' ? findUnreadLists(output) : undefined
        if (answer.kind !== 'answered' || unread === undefined) return [host, answer]
        return [
          host,
          { kind: 'failed', message: `Not every package list was read: ${unread}`, data: answer.data },
        ]
      }),
    )
    return { ...answers, outcomes }
  }
}

const DAY_S = 24 * 60 * 60

function describeAge(answer: Answer): string {
  const age = answer.kind === 'answered' ? answer.data['age'] : undefined
  if (typeof age !== 'number' || age < 0) return 'done'
  const days = Math.floor(age / DAY_S)
  return `done; the oldest list was made ${days === 0 ? 'less than a day' : `${days} day${days === 1 ? '' : 's'}`} ago`
}
