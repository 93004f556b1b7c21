import { isAbsolute, normalize } from 'node:path'
import type { RepositorySettings } from '../agents/providers/git/settings'
import { REPOSITORY_NAME } from '../system/git_names'
import type { Settings } from './mcollective_cfg'

const KEYS = ['url', 'folder', 'user', 'pre', 'post', 'keep', 'within']

/**
 * Reads the repositories of `plugin.git.repositories`, and `plugin.git.<name>.…` of each. A key that is misspelt would
 * be a script that is never run, so every unknown one is refused.
 * @throws LockstepError `bad-config` naming file and line
 */
export function readGitRepositories(settings: Settings): readonly RepositorySettings[] {
  const list = 'plugin.git.repositories'
  const names = (settings.text(list) ?? '')
    .split(',')
    .map((name) => name.trim())
    .filter(Boolean)
  const odd = names.find((name, index) => !REPOSITORY_NAME.test(name) || names.indexOf(name) !== index)
  if (odd !== undefined)
    throw settings.fault(
      list,
      'names with commas between them: lower-case letters, digits, - and _, each once',
    )
  const known = [
    'repositories',
    'activate_agent',
    ...names.flatMap((name) => KEYS.map((key) => `${name}.${key}`)),
  ]
  const stray = settings.matching(/^plugin\.git\.(.+)$/).find((key) => !known.includes(key))
  if (stray !== undefined)
    throw settings.fault(
      `plugin.git.${stray}`,
      `no such key; for each name of ${list} there are ${KEYS.join(', ')}`,
    )
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
