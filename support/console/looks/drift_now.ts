import * as v from 'valibot'
import { UNRELEASED } from '../../history/history_record'
import { keyOfLook, type DriftAnswer, type Look } from '../../looks/look'
import type { Looks } from '../../looks/looks'
import { html as page, NOTHING, type Markup } from '../../reporting/html/markup'
import { clean } from '../../rollout/model/verdict'
import { groupBy } from '../../system/groups'
import type { FormRequest } from '../act'
import { hostsOf, listOf, markOf, type Mark } from '../pages/parts'
import { notAllowed, personalAct, refused, type PersonalAct } from '../personal_act'
import { lookLine, pathOfLook, type LookDesk } from './look_view'

const PATH = '/drift'
const MAX_FINDINGS = 40
const NOT_SERVING = 'lockstep serve has only just begun, or ends; ask again in a moment'

export interface DriftSources {
  desk: LookDesk
  environments: readonly string[]
  /** Returns whether the history has a release of an environment. */
  hasRelease: (environment: string, release: string) => boolean
}

/** Returns the act that looks whether a release is still as it was left. It changes no host. */
export function lookForDrift({ desk, environments, hasRelease }: DriftSources): PersonalAct {
  return personalAct({
    name: 'look for drift',
    path: PATH,
    summary:
      'Runs the lines of a release that look at hosts, and none that changes them. The answer is at the path that comes back.',
    schema: v.strictObject({
      environment: v.pipe(v.string(), v.description('where it is')),
      release: v.pipe(v.string(), v.description('the release, as the history has it')),
    }),
    async perform({ person, may, note }, { environment, release }) {
      if (!environments.includes(environment) || !may('look', environment))
        return refused('there is no such environment that you may look at', 404)
      if (!may('plan', environment)) return notAllowed(person, 'look for drift', environment)
      if (release === UNRELEASED || !hasRelease(environment, release))
        return refused('the history has no such release there', 404)
      const { looks } = desk
      const why = looks === undefined ? NOT_SERVING : looks.whyNot(environment)
      if (looks === undefined || why !== undefined) return refused(why ?? NOT_SERVING, 409)
      await note(`release ${release} in ${environment}`)
      const asked = looks.ask({ by: person.name, environment, wanted: { kind: 'drift', release } })
      return 'id' in asked
        ? { result: 'done', says: `the hosts are looked at, as ${asked.id}`, at: pathOfLook(asked) }
        : refused(asked.why, 409)
    },
  })
}

/** Shows the last looks for drift of a release, and the button that looks now. */
export function driftNow(
  { desk, environments }: Pick<DriftSources, 'desk' | 'environments'>,
  { may, newForm }: Pick<FormRequest, 'may' | 'newForm'>,
  { environment, release }: { environment: string; release: string },
): Markup {
  const { looks } = desk
  if (looks === undefined) return NOTHING
  const key = keyOfLook({ environment, wanted: { kind: 'drift', release } })
  const own = looks.all().filter((look) => keyOfLook(look) === key)
  const [last] = own
  const answered = own.find(({ ended }) => ended?.result === 'answered')
  const why = looks.whyNot(environment)
  const isKnown = environments.includes(environment)
  const button =
    !isKnown || !may('plan', environment)
      ? page`<p class="muted">A person who may plan in ${environment} can look for drift from here.</p>\n`
      : why === undefined
        ? page`<form method="post" action="${PATH}"><input type="hidden" name="form" value="${newForm(PATH)}"><input type="hidden" name="environment" value="${environment}"><input type="hidden" name="release" value="${release}"><button>Look for drift now</button></form>\n`
        : last?.ended === undefined && last !== undefined
          ? NOTHING
          : page`<p class="muted">${why}.</p>\n`
  const shown = answered === undefined ? NOTHING : driftOf(answered, looks)
  const more = last === undefined || last === answered ? NOTHING : lookLine(last)
  const none = last === undefined ? page`<p>Its hosts were not looked at from here.</p>\n` : NOTHING
  return page`<h2 id="drift">Drift, as hosts say it</h2>\n${none}${more}${shown}${button}`
}

/** Shows a look for drift with its answer. */
export function driftOf(look: Look, looks: Looks): Markup {
  const answer = looks.answerOf(look.id)
  if (answer?.schema !== 'lockstep/drift/1')
    return page`${lookLine(look)}${look.ended?.result === 'answered' ? page`<p class="bad">Its answer cannot be read any more; ask again.</p>\n` : NOTHING}`
  const { findings } = answer
  const groups = [
    ...groupBy(findings, ({ feature, line, text, seen }) => JSON.stringify([feature, line, text, seen])),
  ]
  const items = groups.flatMap(([, group]) => {
    const [first] = group
    if (first === undefined) return []
    const { feature, line, text, seen } = first
    const where =
      line === 0 ? NOTHING : page` <span class="muted">(${clean(feature)}:${line} ${clean(text, 200)})</span>`
    return [page`<b>${hostsOf(group.map(({ host }) => host))}</b>: ${clean(seen, 300)}${where}`]
  })
  const rest =
    answer.state === 'CRITICAL'
      ? page`<p class="muted">Lines after one that fails may not have been looked at: other hosts may differ too.</p>\n`
      : NOTHING
  return page`<div class="card ${KINDS[answer.state]}"><p>${markOf(markOfDrift(answer))}</p>
<p class="lead">${clean(answer.sentence, 600)}</p>
${items.length === 0 ? NOTHING : listOf(items, MAX_FINDINGS)}${rest}${lookLine(look)}</div>
`
}

const KINDS = { OK: 'well', CRITICAL: 'out', UNKNOWN: 'wait' } as const

function markOfDrift({ state }: Pick<DriftAnswer, 'state'>): Mark {
  switch (state) {
    case 'OK':
      return { text: '✔ still passes', tone: 'good' }
    case 'CRITICAL':
      return { text: '✘ no longer passes', tone: 'bad' }
    case 'UNKNOWN':
      return { text: '? not known', tone: 'warn' }
  }
}
