import type { Command } from './command'
import { AFTERWARDS } from './commands/afterwards'
import { HOSTS } from './commands/hosts'
import { PIPELINE } from './commands/pipeline'
import { PROJECT } from './commands/project'
import { ROLLOUTS } from './commands/rollouts'

/** Every command by its name, in the order of `lockstep help`. */
export const COMMANDS: Readonly<Record<string, Command>> = {
  ...ROLLOUTS,
  ...AFTERWARDS,
  ...PIPELINE,
  ...HOSTS,
  ...PROJECT,
}
