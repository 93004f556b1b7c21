import { isAbsolute, normalize } from 'node:path'
import type { CodeSettings } from '../agents/providers/puppet_code/apply_program'
import { REPOSITORY_NAME } from '../system/git_names'
import type { Settings } from './mcollective_cfg'

/**
 * Reads the folders of puppet code, `plugin.puppet.code.<application>`.
 * @throws LockstepError `bad-config` naming file and line
 */
export function readPuppetCode(settings: Settings): readonly CodeSettings[] {
  return settings.matching(/^plugin\.puppet\.code\.(.+)$/).map((name) => {
    const key = `plugin.puppet.code.${name}`
    if (!REPOSITORY_NAME.test(name))
      throw settings.fault(key, 'a name of lower-case letters, digits, - and _ behind plugin.puppet.code.')
    const folder = settings.required(key)
    if (!isAbsolute(folder) || normalize(folder).replace(/\/$/, '') !== folder || folder === '/')
      throw settings.fault(
        key,
        'the absolute path of a folder of puppet code, such as /srv/mywebapp/current/puppet',
      )
    return { name, folder }
  })
}
