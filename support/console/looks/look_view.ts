import type { Look, TagsAnswer } from '../../looks/look'
import type { Looks } from '../../looks/looks'
import { html as page, NOTHING, type Markup } from '../../reporting/html/markup'
import { clean, hosts as counted } from '../../rollout/model/verdict'
import { groupBy } from '../../system/groups'
import { addressOf, hostsOf, linkTo, listOf, nameOf, timeOf } from '../pages/parts'

const MAX_REASONS = 20

/** The looks, where this process serves. */
export interface LookDesk {
  readonly looks: Looks | undefined
}

export function pathOfLook({ id }: Pick<Look, 'id'>): string {
  return addressOf('looks', id)
}

/** Shows who has asked hosts, when, and how far it is. */
export function lookLine(look: Look): Markup {
  const { by, at, ended } = look
  const asked = page`asked by ${by} at ${timeOf(at)}`
  if (ended === undefined)
    return page`<p class="warn">Hosts are being asked now, ${asked}. ${linkTo(pathOfLook(look), 'Follow it')}</p>\n`
  if (ended.result === 'answered') return page`<p class="muted">As of ${timeOf(ended.at)}, ${asked}</p>\n`
  return page`<p class="bad">${ended.result === 'cut off' ? 'The look was cut off' : 'The hosts could not be asked'} (${asked}): ${clean(ended.why ?? '', 600)}</p>\n`
}

/** Shows the hosts of which nothing is known, each with the reason. None of them is counted as having a tag. */
export function unknownHosts({ unknown, strangers, hosts, expected }: TagsAnswer): Markup {
  const reasons = [...groupBy(unknown, ({ why }) => why)].map(
    ([why, group]) =>
      page`<b>${hostsOf(group.map(({ host }) => host))}</b>: ${clean(why) === 'no answer' ? 'silent' : clean(why, 300)}`,
  )
  const odd =
    strangers.length === 0
      ? NOTHING
      : page`<p class="warn">${hostsOf(strangers)} answered and are not in the inventory: they are not counted.</p>\n`
  const found = expected
    ? NOTHING
    : page`<p class="warn">No inventory says which hosts should be there: ${counted(hosts.length)} answered and are counted, and one that is silent is missed here.</p>\n`
  return page`${reasons.length === 0 ? NOTHING : page`<p class="bad">Not known of ${counted(unknown.length)}:</p>\n${listOf(reasons, MAX_REASONS)}`}${odd}${found}`
}

/** Shows the hosts of a feature in words. */
export function selectionOf({
  classes,
  facts,
}: {
  classes: readonly string[]
  facts: readonly string[]
}): string {
  const words = [
    ...classes.map((name) => `class ${nameOf(name)}`),
    ...facts.map((fact) => `fact ${nameOf(fact)}`),
  ]
  return words.length === 0 ? 'all hosts' : `hosts with ${words.join(' and ')}`
}
