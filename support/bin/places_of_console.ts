import { dirname, resolve } from 'node:path'
import { readConsoleFiles, type ConsoleFiles } from '../config/console_setting'
import { readSetting } from '../config/settings'

/** Returns the files of the console of the `lockstep.yaml` that a command is about. @throws LockstepError `bad-config` */
export function placesOfConsole(
  cwd: string,
  env: Readonly<Record<string, string | undefined>>,
): ConsoleFiles {
  const config = resolve(cwd, readSetting(env, 'LOCKSTEP_CONFIG') ?? 'lockstep.yaml')
  return readConsoleFiles(config, dirname(config))
}
