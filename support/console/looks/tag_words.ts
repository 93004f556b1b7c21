import type { TagsAnswer } from '../../looks/look'
import { hosts as counted } from '../../rollout/model/verdict'
import type { Mark } from '../pages/parts'

type ToldTag = TagsAnswer['tags'][number]

/** Returns on how many hosts a tag is. Only hosts that have said so count as having it. */
export function standingOfTag(tag: ToldTag, answer: Pick<TagsAnswer, 'hosts' | 'expected'>): Mark {
  const { hosts, expected } = answer
  const having = new Set(tag.commits.flatMap((each) => each.hosts)).size
  const all = expected ? counted(hosts.length) : `the ${counted(hosts.length)} found`
  const commits = tag.commits.length > 1 ? `, at ${tag.commits.length} commits` : ''
  const isEverywhere = hosts.length > 0 && having === hosts.length && tag.commits.length === 1
  return { text: `on ${having} of ${all}${commits}`, tone: isEverywhere ? 'good' : 'warn' }
}

/**
 * Returns what an answer says of a tag; undefined where it says nothing. A tag that no host tells is on none of them only
 * where each that answered has told all of its tags. `asked` is the one tag that hosts were asked for, or null for all.
 */
export function tagInAnswer(answer: TagsAnswer, asked: string | null, name: string): ToldTag | undefined {
  if (asked !== null && asked !== name) return undefined
  const found = answer.tags.find(({ tag }) => tag === name)
  if (found !== undefined) return found
  const isWhole =
    answer.count === answer.tags.length && answer.tags.every(({ notTold }) => notTold.length === 0)
  if (!isWhole) return undefined
  const unknown = new Set(answer.unknown.map(({ host }) => host))
  return { tag: name, commits: [], lack: answer.hosts.filter((host) => !unknown.has(host)), notTold: [] }
}
