import { REPOSITORY_NAME } from '../system/git_names'
import type { Settings } from './mcollective_cfg'

/**
 * Reads the names of a list such as `plugin.git.repositories`, each of which has keys of its own, such as
 * `plugin.git.<name>.url`. A key that is misspelt would be one that is never read, so every unknown one is refused.
 * @throws LockstepError `bad-config` naming file and line
 */
export function readNames(
  settings: Settings,
  { agent, list, keys }: { agent: string; list: string; keys: readonly string[] },
): readonly string[] {
  const key = `plugin.${agent}.${list}`
  const names = (settings.text(key) ?? '')
    .split(',')
    .map((name) => name.trim())
    .filter(Boolean)
  const odd = names.find((name, index) => !REPOSITORY_NAME.test(name) || names.indexOf(name) !== index)
  if (odd !== undefined)
    throw settings.fault(
      key,
      'names with commas between them: lower-case letters, digits, - and _, each once',
    )
  const known = [list, 'activate_agent', ...names.flatMap((name) => keys.map((of) => `${name}.${of}`))]
  const stray = settings
    .matching(new RegExp(`^plugin\\.${agent}\\.(.+)$`))
    .find((written) => !known.includes(written))
  if (stray !== undefined)
    throw settings.fault(
      `plugin.${agent}.${stray}`,
      `no such key; for each name of ${key} there are ${keys.join(', ')}`,
    )
  return names
}
