import type { Rollout } from '../rollout/rollout'
import type { Run } from '../run/run'
import { LockstepError } from '../system/errors'
import type { UnexpectedMessage } from '../system/unexpected_messages'
import type { ComposedRun } from './run_context'

/** Milliseconds for which the run listens after the last step. */
const LAST_WORDS = 100
const LATE_ANSWERS = { what: 'late answers to the discovery' }

/** Hands a message that nobody asked for to the rollout under way, and notes it where it is harmless. */
export function hearUnsolicited(
  run: Run,
  rollouts: ReadonlyMap<string, Rollout>,
  message: { kind: string; host: string; detail: string; fails: boolean },
): void {
  const last = [...rollouts.values()].at(-1)
  last?.addUnsolicited(message)
  if (!message.fails) run.note(`${message.host} ${message.detail}`)
}

/**
 * Hears out the discovery windows of the features before. Nothing of the next feature is done where one of them would
 * have failed.
 */
export async function expectHeardOut({ run, rollouts }: ComposedRun): Promise<void> {
  for (const [feature, rollout] of rollouts) {
    if (rollout.halted !== undefined) continue
    await run.tellWhile(LATE_ANSWERS, () => rollout.hosts.windowsAreOver())
    for (const message of rollout.takeUnsolicited()) {
      const failure = expectHarmless(run, message, `after the last step of ${feature}`)
      if (failure !== undefined) throw failure
    }
  }
}

/** Hears what still comes for a rollout: until all its discovery windows are over, and a moment longer. */
export async function hearOut(
  { run, parts }: ComposedRun,
  { hosts }: Rollout,
  isReachable: boolean,
): Promise<void> {
  try {
    if (isReachable) await run.tellWhile(LATE_ANSWERS, () => hosts.windowsAreOver())
  } catch (error) {
    if (!(error instanceof LockstepError)) throw error
    run.refuse(error)
  }
  // A second answer that differs from the first may still be on its way when the last host has answered.
  await parts.fleet.listen(LAST_WORDS)
}

/** Refuses the run for a message that fails, and returns why; notes any other message that is not noted yet. */
export function expectHarmless(
  run: Run,
  { host, detail, fails }: UnexpectedMessage,
  when: string,
): LockstepError | undefined {
  const said = `${host} ${detail}`
  if (!fails) {
    if (!run.state.notes.includes(said)) run.note(said)
    return undefined
  }
  const failure = new LockstepError('diverged', `${when}, ${said}`)
  run.refuse(failure)
  return failure
}
