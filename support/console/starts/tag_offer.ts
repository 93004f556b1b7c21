import { keyOfLook, type Look, type TagsAnswer, type TagsWanted } from '../../looks/look'
import type { Looks } from '../../looks/looks'
import { html as page, NOTHING, type Markup } from '../../reporting/html/markup'
import { shortId } from '../../system/git_names'
import { mergeOrders } from '../../system/merged_orders'
import { lookLine, pathOfLook, selectionOf, unknownHosts } from '../looks/look_view'
import { askForm } from '../looks/tags_page'
import { standingOfTag, tagInAnswer } from '../looks/tag_words'
import { hostsOf, linkTo, markOf, nameOf, timeOf } from '../pages/parts'
import type { FeatureTag } from './feature_tag'
import { OFFERED_OF, VALUE_OF } from './start_wish'

/** The tags that a form offers. Others are typed. */
const MAX_OFFERED = 10

/** What is known of the tags that a feature can deploy. */
export interface KnownTags {
  /** The last look at all of them that was answered, and the last one of any kind. */
  answered: Look | undefined
  last: Look | undefined
  answer: TagsAnswer | undefined
  /** Returns what the newest answer about a tag says of it; undefined where none says anything. */
  of: (tag: string) => { look: Look; answer: TagsAnswer; told: TagsAnswer['tags'][number] } | undefined
  /** The names that hosts have told, or that the pipeline has seen pushed, the newest first. */
  names: readonly string[]
}

/** Returns the question to the hosts of a feature; undefined where it does not tell which they are. */
export function tagsWantedOf(feature: string, { repository, hosts }: FeatureTag, tag: string | null) {
  return 'why' in hosts
    ? undefined
    : ({
        kind: 'tags',
        feature,
        repository,
        classes: [...hosts.classes],
        facts: [...hosts.facts],
        tag,
      } satisfies TagsWanted)
}

/** Returns what is known of tags, from what hosts were asked before. A newer answer about one tag alone counts for that tag. */
export function knownTags(
  looks: Looks | undefined,
  environment: string,
  wanted: TagsWanted | undefined,
  pushed: readonly string[],
): KnownTags {
  const key = wanted && keyOfLook({ environment, wanted: { ...wanted, tag: null } })
  const alike = (looks?.all() ?? []).filter(
    (look) =>
      look.wanted.kind === 'tags' &&
      keyOfLook({ environment: look.environment, wanted: { ...look.wanted, tag: null } }) === key,
  )
  const tellers = alike.flatMap((look) => {
    const answer = look.ended?.result === 'answered' ? looks?.answerOf(look.id) : undefined
    return answer?.schema === 'lockstep/tags/1' ? [{ look, answer }] : []
  })
  const whole = tellers.find(({ look: { wanted: own } }) => own.kind === 'tags' && own.tag === null)
  const told = whole?.answer.tags.map(({ tag }) => tag) ?? []
  return {
    answered: whole?.look,
    last: alike[0],
    answer: whole?.answer,
    of(tag) {
      for (const { look, answer } of tellers) {
        const found = look.wanted.kind === 'tags' ? tagInAnswer(answer, look.wanted.tag, tag) : undefined
        if (found !== undefined) return { look, answer, told: found }
      }
      return undefined
    },
    names: mergeOrders([told, pushed]),
  }
}

/** Shows a tag with the hosts that are known to have it, and the time of that. */
export function tagLine(name: string, known: KnownTags): Markup {
  const found = known.of(name)
  if (found === undefined)
    return page`<b>${nameOf(name)}</b> <span class="muted">hosts were not asked for it</span>`
  const { look, answer, told } = found
  const [only, ...others] = told.commits
  const at =
    only === undefined || others.length > 0
      ? NOTHING
      : page` <span class="muted">at ${shortId(only.commit)}</span>`
  const lacking = named('not on', told.lack)
  const rest = named('not told by', told.notTold)
  const silent = named(
    'not known of',
    answer.unknown.map(({ host }) => host),
  )
  return page`<b>${nameOf(name)}</b> ${markOf(standingOfTag(told, answer))}${at} <span class="muted">as of ${timeOf(look.ended?.at ?? look.at)}</span>${lacking}${rest}${silent}`
}

function named(what: string, hosts: readonly string[]): Markup {
  return hosts.length === 0 ? NOTHING : page` <span class="warn">${what} ${hostsOf(hosts, 4)}</span>`
}

/** Shows the choice of a tag within the form of a start. */
export function tagChoice({
  tag,
  known,
  chosen,
  hint,
}: {
  tag: FeatureTag
  known: KnownTags
  /** The tag that a link has chosen, or nothing. */
  chosen: string
  hint: string
}): Markup {
  const names = known.names.slice(0, MAX_OFFERED)
  const isOffered = names.includes(chosen)
  const own = `${OFFERED_OF}${tag.variable}`
  const radios = names.map(
    (name, index) =>
      page`<li><input type="radio" id="tag${index}" name="${own}" value="${name}"${name === chosen ? page` checked` : NOTHING}><label for="tag${index}">${tagLine(name, known)}</label></li>\n`,
  )
  const other =
    names.length === 0
      ? NOTHING
      : page`<input type="radio" id="other" name="${own}" value=""${isOffered ? NOTHING : page` checked`}><label for="other">Another one, typed here</label>`
  const left = known.names.length - names.length
  const more =
    left > 0 && known.answered !== undefined
      ? page`<p>${linkTo(pathOfLook(known.answered), `Find one among ${left} more`)}</p>\n`
      : NOTHING
  const typed = known.of(chosen)
  const standing =
    isOffered || chosen === '' || typed === undefined ? NOTHING : page`<p>${tagLine(chosen, known)}</p>\n`
  return page`<fieldset class="tags"><legend>${hint}: a tag of ${nameOf(tag.repository)}</legend>
<ul class="plain">${radios}<li>${other}<label class="away" for="typed">${hint}</label><input id="typed" name="${VALUE_OF}${tag.variable}" value="${isOffered ? '' : chosen}" maxlength="100" autocomplete="off"></li></ul>
${standing}${more}<p class="muted">A tag that not every host has can be chosen. The plan asks each host itself, and decides.</p></fieldset>
`
}

/** Shows what hosts were asked for their tags, and the form that asks them. It stands beside the form of the start. */
export function tagsAsked({
  feature,
  environment,
  tag,
  known,
  whyNot,
  token,
}: {
  feature: string
  environment: string
  tag: FeatureTag
  known: KnownTags
  whyNot: string | undefined
  /** Undefined where the hosts cannot be asked now. */
  token: string | undefined
}): Markup {
  const head = page`<h2>Tags of ${nameOf(tag.repository)} <small>on hosts of ${nameOf(environment)}</small></h2>\n`
  if ('why' in tag.hosts)
    return page`${head}<p>The hosts cannot be asked from here: ${tag.hosts.why}. The plan asks them.</p>\n`
  const { answered, last, answer } = known
  const none =
    last === undefined
      ? page`<p>The ${selectionOf(tag.hosts)} were not asked for their tags from here.</p>\n`
      : NOTHING
  const whole =
    answered === undefined
      ? NOTHING
      : page`${lookLine(answered)}<p>${linkTo(pathOfLook(answered), 'All tags that hosts told, and who lacks each')}</p>\n`
  const isTold = last?.ended?.result === 'answered'
  const more = last === undefined || isTold ? NOTHING : lookLine(last)
  const button =
    token === undefined
      ? page`<p class="muted">${whyNot ?? ''}</p>\n`
      : askForm({ environment, wanted: { feature }, token })
  return page`${head}${none}${more}${whole}${answer === undefined ? NOTHING : unknownHosts(answer)}${button}`
}
