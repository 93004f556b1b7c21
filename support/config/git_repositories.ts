import { isAbsolute, normalize } from 'node:path'
import type { RepositorySettings } from '../agents/providers/git/settings'
import type { Settings } from './mcollective_cfg'
import { readNames } from './named_entries'

const KEYS = ['url', 'folder', 'user', 'pre', 'post', 'keep', 'within']

/**
 * Reads the repositories of `plugin.git.repositories`, and `plugin.git.<name>.…` of each.
 * @throws LockstepError `bad-config` naming file and line
 */
export function readGitRepositories(settings: Settings): readonly RepositorySettings[] {
  const names = readNames(settings, { agent: 'git', list: 'repositories', keys: KEYS })
  const repositories = names.map((name) => readOne(settings, name))
  for (const [index, { name, folder }] of repositories.entries()) {
    const other = repositories.slice(0, index).find((each) => areNested(each.folder, folder))
    if (other !== undefined)
      throw settings.fault(`plugin.git.${name}.folder`, `a folder apart from that of ${other.name}`)
  }
  return repositories
}

function readOne(settings: Settings, name: string): RepositorySettings {
  const key = (of: string) => `plugin.git.${name}.${of}`
  const url = settings.required(key('url'))
  if (url.startsWith('-') || /^[\w-]+::/.test(url) || /\s/.test(url))
    throw settings.fault(key('url'), 'a URL such as https://git.example.net/website.git, or a path')
  const folder = settings.required(key('folder'))
  if (!isAbsolute(folder) || normalize(folder) !== folder || folder.endsWith('/'))
    throw settings.fault(key('folder'), 'a whole path without . and .., such as /srv/website')
  const user = settings.required(key('user'))
  if (!/^[a-zA-Z_][\w.-]{0,63}\$?$/.test(user)) throw settings.fault(key('user'), 'the name of a user')
  const script = (of: string) => {
    const written = settings.text(key(of))
    if (written === undefined) return undefined
    if (written === '' || normalize(written) !== written || written.startsWith('..') || written.endsWith('/'))
      throw settings.fault(key(of), 'a path without . and .., whole or within the release')
    return written
  }
  return {
    name,
    url,
    folder,
    user,
    pre: script('pre'),
    post: script('post'),
    keep: settings.whole(key('keep'), 2, 100) ?? 5,
    within: (settings.whole(key('within'), 1, 150) ?? 60) * 1000,
  }
}

function areNested(a: string, b: string): boolean {
  return a === b || a.startsWith(`${b}/`) || b.startsWith(`${a}/`)
}
