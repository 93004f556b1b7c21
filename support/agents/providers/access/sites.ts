import type { CommandRunner } from '../../../system/command'
import type { AccessSite, AccessSites } from '../../access'
import { siteAddresses, type AddressSettings } from './addresses'
import { changeGuarded, readGuarded } from './guarded_file'
import type { GuardedFiles } from './guarded_files'
import { passwordFileFault, statusIn, usersIn, withoutUser, withUser, type WebServer } from './password_lines'

/** A site as the host's own configuration has it. Nothing of it comes from a message. */
export interface SiteSettings {
  name: string
  /** The path of its password file; absolute. */
  users: string
  form: WebServer
  /** The file of its addresses; absent where it has none. */
  addresses?: AddressSettings | undefined
}

/** Returns the sites that this host's configuration names. */
export function hostSites(
  sites: readonly SiteSettings[],
  run: CommandRunner,
  files: GuardedFiles,
): AccessSites {
  const found = new Map(sites.map((site) => [site.name, siteOf(site, run, files)]))
  return { names: [...found.keys()], find: (name) => found.get(name) }
}

function siteOf(
  { users: path, form, addresses }: SiteSettings,
  run: CommandRunner,
  files: GuardedFiles,
): AccessSite {
  const file = { called: 'password file', path, faultOf: passwordFileFault }
  return {
    users: async () => usersIn(await readGuarded(files, file)),
    status: async (user) => statusIn(await readGuarded(files, file), user, form),
    async allow(user, hash) {
      await changeGuarded(files, file, (text) => withUser(text, user, hash))
    },
    async remove(user) {
      await changeGuarded(files, file, (text) => withoutUser(text, user))
    },
    addresses: addresses && siteAddresses(addresses, form, run, files),
  }
}
