import { isAbsolute, normalize } from 'node:path'
import type { SiteSettings } from '../agents/providers/access/sites'
import type { Settings } from './mcollective_cfg'
import { readNames } from './named_entries'

/**
 * Reads the sites of `plugin.access.sites`, and `plugin.access.<name>.…` of each.
 * @throws LockstepError `bad-config` naming file and line
 */
export function readAccessSites(settings: Settings): readonly SiteSettings[] {
  const names = readNames(settings, { agent: 'access', list: 'sites', keys: ['users', 'form'] })
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
