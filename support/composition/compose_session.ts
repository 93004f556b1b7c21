import { resolve } from 'node:path'
import type { BeginAgain } from '../run/again'
import { countWishes } from '../run/stop_wishes'
import { LockstepError } from '../system/errors'
import { Composition } from './composition'
import { onInterrupt } from './interrupt'
import { session } from './session'

/**
 * Puts the run of this session together before its first step. All features were read by then; nothing was sent for one
 * that cannot be run. Cucumber 12 reads features before BeforeAll, cucumber 13 after it. `beginnerIn` returns what begins
 * other runs in this process; undefined where each has to have a process of its own.
 */
export async function composeSession(beginnerIn: (cwd: string) => BeginAgain | undefined): Promise<void> {
  const own = session()
  const { run, surroundings } = own
  if (run.state.refused !== undefined) return
  try {
    // A run begun before the first step, to plan or read again, has to end with this one.
    if (own.isOwnProcess)
      own.stopListening = onInterrupt(run, {
        stopWishes: () => countWishes(resolve(surroundings.folders.state), run.id),
      })
    const cwd = process.cwd()
    const beginAgain = beginnerIn(cwd)
    const all = beginAgain === undefined ? surroundings : { ...surroundings, beginAgain }
    own.composition = await Composition.compose(run, own.parameters, all, cwd)
  } catch (error) {
    if (!(error instanceof LockstepError)) throw error
    run.refuse(error)
  }
}
