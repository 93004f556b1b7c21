import { isAbsolute, normalize } from 'node:path'
import type { SiteSettings } from '../agents/providers/access/sites'
import { REPOSITORY_NAME } from '../system/git_names'
import type { Settings } from './mcollective_cfg'

const KEYS = ['users', 'form']
const LIST = 'plugin.access.sites'

/**
 * Reads the sites of `plugin.access.sites`, and `plugin.access.<name>.…` of each.
 * @throws LockstepError `bad-config` naming file and line
 */
export function readAccessSites(settings: Settings): readonly SiteSettings[] {
  const names = (settings.text(LIST) ?? '')
    .split(',')
    .map((name) => name.trim())
    .filter(Boolean)
  const odd = names.find((name, index) => !REPOSITORY_NAME.test(name) || names.indexOf(name) !== index)
  if (odd !== undefined)
    throw settings.fault(
      LIST,
      'names with commas between them: lower-case letters, digits, - and _, each once',
    )
  const known = ['sites', 'activate_agent', ...names.flatMap((name) => KEYS.map((key) => `${name}.${key}`))]
  const stray = settings.matching(/^plugin\.access\.(.+)$/).find((key) => !known.includes(key))
  if (stray !== undefined)
    throw settings.fault(
      `plugin.access.${stray}`,
      `no such key; for each name of ${LIST} there are ${KEYS.join(', ')}`,
    )
  const sites = names.map((name) => readOne(settings, name))
  for (const [index, { name, users }] of sites.entries()) {
    const other = sites.slice(0, index).find((each) => each.users === users)
    if (other !== undefined)
      throw settings.fault(`plugin.access.${name}.users`, `a file apart from that of ${other.name}`)
  }
  return sites
}

function readOne(settings: Settings, name: string): SiteSettings {
  const key = `plugin.access.${name}.users`
  const users = settings.required(key)
  if (!isAbsolute(users) || normalize(users) !== users || users.endsWith('/'))
    throw settings.fault(key, 'a whole path without . and .., such as /etc/nginx/intranet.htpasswd')
  const form = settings.oneOf(`plugin.access.${name}.form`, ['apache', 'nginx'], undefined)
  if (form === undefined) throw settings.fault(`plugin.access.${name}.form`, 'apache or nginx')
  return { name, users, form }
}
