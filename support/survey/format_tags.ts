import { foldHosts } from '../rollout/model/fold_hosts'
import { clean, hosts as counted } from '../rollout/model/verdict'
import { EXIT } from '../system/errors'
import { shortId } from '../system/git_names'
import type { TagOnHosts } from './fold_tags'
import type { TagsOnHosts } from './tags_on_hosts'

/** Returns the exit status of a look for tags: a host of which it is not known is a failure. */
export function judgeTags({ hosts, unknown }: TagsOnHosts): number {
  if (hosts.length === 0) return EXIT.noHosts
  return unknown.size > 0 ? EXIT.failed : EXIT.passed
}

/** Formats the tags of hosts for a person, the newest first. */
export function formatTags(found: TagsOnHosts): string {
  const { environment, repository, hosts, isExpected, unknown, strangers, tags, count } = found
  const all = counted(hosts.length)
  const lines = [
    `${environment} · tags of ${repository} · ${isExpected ? `${all} expected` : `${all} answered, no inventory says which should`}`,
    ...tags.map((tag) => `${tag.tag}  ${formatTag(tag, found)}`),
    ...(tags.length === 0 ? ['no host tells of a tag'] : []),
    ...(count > tags.length ? [`and ${count - tags.length} older ones`] : []),
    ...[...unknown].map(([host, why]) => `not known  ${host}: ${clean(why)}`),
    ...(strangers.length === 0
      ? []
      : [`not in the inventory, and not asked: ${foldHosts(strangers).join(', ')}`]),
  ]
  return `${lines.join('\n')}\n`
}

function formatTag(tag: TagOnHosts, { hosts }: TagsOnHosts): string {
  const { commits, lack, notTold } = tag
  const having = commits.reduce((sum, each) => sum + each.hosts.length, 0)
  const named = (what: string, names: readonly string[]) =>
    names.length === 0 ? [] : [`${what} ${foldHosts(names).join(', ')}`]
  const [only, ...others] = commits
  const at =
    others.length === 0
      ? only === undefined
        ? []
        : [`at ${shortId(only.commit)}`]
      : commits.flatMap((each) => named(`at ${shortId(each.commit)}:`, each.hosts))
  return [
    `on ${having} of ${counted(hosts.length)}`,
    ...at,
    ...named('lacking:', lack),
    ...named('more tags than are told:', notTold),
  ].join('; ')
}

/** Returns the tags of hosts for programs. */
export function tagsDocument(found: TagsOnHosts) {
  const { environment, repository, hosts, isExpected, unknown, strangers, tags, count } = found
  return {
    exitCode: judgeTags(found),
    environment,
    repository,
    hosts,
    expected: isExpected,
    unknown: [...unknown].map(([host, why]) => ({ host, why })),
    strangers,
    count,
    tags,
  }
}
