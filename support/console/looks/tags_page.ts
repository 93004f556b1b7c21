import type { Look, TagsAnswer, TagsWanted } from '../../looks/look'
import { html as page, NOTHING, type Markup } from '../../reporting/html/markup'
import { hosts as counted } from '../../rollout/model/verdict'
import { shortId } from '../../system/git_names'
import { facts, hostsOf, linkTo, markOf, moreOf, nameOf, partOf, queryOf } from '../pages/parts'
import { lookLine, pathOfLook, selectionOf, unknownHosts } from './look_view'
import { standingOfTag, tagInAnswer } from './tag_words'

const MAX_TAGS = 20

export interface TagsPageData {
  look: Look
  wanted: TagsWanted
  /** Undefined where there is none, or where it cannot be read. */
  answer: TagsAnswer | undefined
  /** A part of a name that the reader looks for. */
  find: string
  from: string | null
  /** The token of a form that asks again; undefined where the reader may not ask, or not now. */
  token: string | undefined
}

/** Shows the tags that hosts have told: on how many hosts each is, and which lack it, by name. */
export function tagsPage({ look, wanted, answer, find, from, token }: TagsPageData): Markup {
  const { environment } = look
  const head = facts([
    ['repository', nameOf(wanted.repository)],
    ['environment', nameOf(environment)],
    ['asked', `the ${selectionOf(wanted)} of ${nameOf(wanted.feature)}`],
    ...(wanted.tag === null ? [] : [['about', nameOf(wanted.tag)] as [string, string]]),
  ])
  return page`${lookLine(look)}${head}${answer === undefined ? NOTHING : answerOf(answer)}${token === undefined ? NOTHING : askForm({ environment, wanted, token, tag: find })}<p>${linkTo(startWith(look, wanted), 'Back to the form of the start')}</p>\n`

  function answerOf(told: TagsAnswer): Markup {
    const named = told.tags.filter(({ tag }) => tag.includes(find))
    const exact = find === '' ? undefined : tagInAnswer(told, wanted.tag, find)
    const all = exact === undefined || named.includes(exact) ? named : [exact, ...named]
    const part = partOf(all, from, MAX_TAGS)
    const address = (at: number) =>
      queryOf(pathOfLook(look), { find: find === '' ? undefined : find, from: String(at) })
    const rest =
      told.count > told.tags.length
        ? page`<p class="muted">Hosts told of ${told.count} tags, of which the newest ${told.tags.length} are here. Ask for an older one by its name.</p>\n`
        : NOTHING
    const none =
      all.length === 0
        ? page`<p>${find === '' ? 'No host tells of a tag' : 'No tag of this list has such a name'}.</p>\n`
        : NOTHING
    return page`${unknownHosts(told)}<form class="find" method="get" action="${pathOfLook(look)}" aria-label="Find a tag"><div><label for="find">A part of a tag's name</label><input id="find" name="find" value="${find}" maxlength="100" autocomplete="off"></div><div><button>Find</button></div></form>
${none}${part.shown.map((tag) => tagItem(tag, told))}${moreOf(part, 'tags', MAX_TAGS, address)}${rest}`
  }

  function tagItem(tag: TagsAnswer['tags'][number], told: TagsAnswer): Markup {
    const [only, ...others] = tag.commits
    const named = (what: string, hosts: readonly string[]) =>
      hosts.length === 0
        ? NOTHING
        : page`<p class="warn">${what} ${counted(hosts.length)}: <b>${hostsOf(hosts)}</b></p>\n`
    const at =
      others.length === 0
        ? only === undefined
          ? NOTHING
          : page`<p class="muted">at ${shortId(only.commit)}</p>\n`
        : tag.commits.map(
            ({ commit, hosts }) =>
              page`<p class="warn">at ${shortId(commit)} on <b>${hostsOf(hosts)}</b></p>\n`,
          )
    const silent = told.unknown.map(({ host }) => host)
    return page`<section class="run"><p><b>${linkTo(startWith(look, wanted, tag.tag), nameOf(tag.tag))}</b> ${markOf(standingOfTag(tag, told))}</p>
${at}${named('lacking on', tag.lack)}${named('not told by', tag.notTold)}${named('not known of', silent)}</section>
`
  }
}

/** Shows the form that asks the hosts of a feature for their tags, all of them or one. */
export function askForm({
  environment,
  wanted,
  token,
  tag = '',
}: {
  environment: string
  wanted: Pick<TagsWanted, 'feature'>
  token: string
  tag?: string
}): Markup {
  return page`<form class="find" method="post" action="/tags" aria-label="Ask the hosts for their tags"><input type="hidden" name="form" value="${token}"><input type="hidden" name="environment" value="${environment}"><input type="hidden" name="feature" value="${wanted.feature}">
<div><label for="one">Only this tag (empty: the newest ones)</label><input id="one" name="tag" value="${tag}" maxlength="100" autocomplete="off"></div>
<div><button>Ask the hosts now</button></div></form>
`
}

function startWith({ environment }: Look, { feature }: TagsWanted, tag?: string): string {
  return queryOf('/start', { feature, environment, tag })
}
