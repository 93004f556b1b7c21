import { isAbsolute, normalize } from 'node:path'
import type { SiteSettings } from '../agents/providers/access/sites'
import type { Settings } from './mcollective_cfg'
import { readNames } from './named_entries'

/**
 * Reads the sites of `plugin.access.sites`, and `plugin.access.<name>.…` of each.
 * @throws LockstepError `bad-config` naming file and line
 */
export function readAccessSites(settings: Settings): readonly SiteSettings[] {
  const names = readNames(settings, {
    agent: 'access',
    list: 'sites',
    keys: ['users', 'form', 'addresses', 'test', 'reload'],
  })
  const sites = names.map((name) => readOne(settings, name))
  const files = sites.flatMap(({ name, users, addresses }) => [
    { name, key: 'users', path: users },
    ...(addresses === undefined ? [] : [{ name, key: 'addresses', path: addresses.path }]),
  ])
  for (const [index, { name, key, path }] of files.entries()) {
    const other = files.slice(0, index).find((each) => each.path === path)
    if (other !== undefined)
      throw settings.fault(`plugin.access.${name}.${key}`, `a file apart from that of ${other.name}`)
  }
  return sites
}

function readOne(settings: Settings, name: string): SiteSettings {
  const users = readPath(settings, `plugin.access.${name}.users`, '/etc/nginx/intranet.htpasswd')
  const form = settings.oneOf(`plugin.access.${name}.form`, ['apache', 'nginx'], undefined)
  if (form === undefined) throw settings.fault(`plugin.access.${name}.form`, 'apache or nginx')
  return { name, users, form, ...readAddresses(settings, name) }
}

function readAddresses(settings: Settings, name: string): Pick<SiteSettings, 'addresses'> {
  const key = (of: string) => `plugin.access.${name}.${of}`
  if (settings.text(key('addresses')) === undefined) {
    const stray = ['test', 'reload'].find((of) => settings.text(key(of)) !== undefined)
    if (stray !== undefined) throw settings.fault(key(stray), `${key('addresses')} beside it`)
    return {}
  }
  const path = readPath(settings, key('addresses'), '/etc/nginx/intranet.addresses')
  const program = (of: string, example: string) => {
    const words = settings.required(key(of)).split(/\s+/)
    if (isAbsolute(words[0] ?? '')) return words
    throw settings.fault(key(of), `a program by its whole path, and its arguments, such as ${example}`)
  }
  const test = program('test', '/usr/sbin/nginx -t')
  return { addresses: { path, test, reload: program('reload', '/usr/bin/systemctl reload nginx') } }
}

function readPath(settings: Settings, key: string, example: string): string {
  const path = settings.required(key)
  if (isAbsolute(path) && normalize(path) === path && !path.endsWith('/')) return path
  throw settings.fault(key, `a whole path without . and .., such as ${example}`)
}
