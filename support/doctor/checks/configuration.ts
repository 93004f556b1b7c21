import { isAbsolute, relative } from 'node:path'
import { findClientCfg } from '../../config/client_cfg'
import { configPath } from '../../run/parameters'
import { formatLockstep, PLACES } from '../../system/commands'
import { LockstepError } from '../../system/errors'
import { fail, ok, type Check } from '../check'

/** Looks whether a fleet is configured, where, and whether all that it names can be read. */
export const configuration: Check = {
  name: 'configuration',
  limitMs: 5_000,
  async look(subject) {
    const { context, cwd } = subject
    const yaml = configPath(context, cwd)
    const path = yaml ?? findClientCfg(context)
    try {
      const { name } = await subject.configured()
      const shown = path === undefined ? name : shorten(path, cwd)
      return [
        ok(
          yaml === undefined
            ? `${shown}, a client.cfg of mco: there is no lockstep.yaml here`
            : `${shown}, environment ${name}`,
        ),
      ]
    } catch (error) {
      if (!(error instanceof LockstepError)) throw error
      const again = formatLockstep('doctor', PLACES)
      if (path === undefined) return [fail(error.message, 'write a first one:', formatLockstep('init'))]
      return [fail(error.message, 'mend it there, then:', again)]
    }
  },
}

function shorten(path: string, cwd: string): string {
  const near = relative(cwd, path)
  return isAbsolute(near) || near.startsWith('..') ? path : near
}
