import { randomUUID } from 'node:crypto'
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { HostLocks, LEASE, lockSurroundings, type ClaimWords, type Holder } from '../locks/host_locks'
import type { Clock } from '../system/clock'
import { LockstepError } from '../system/errors'
import { makeFolder } from '../system/folders'

/** The claim that this process, and no other, writes the journals of a pipeline. */
export interface PipelineClaim {
  /** @throws LockstepError `lock-failed` when another process has taken over, or somebody removed the claim */
  expectOwned(): void
  release(): Promise<void>
}

export interface ClaimOptions {
  /** The folder of the state. */
  state: string
  env: Readonly<Record<string, string | undefined>>
  clock: Pick<Clock, 'after'>
  /** The program that claims it; `lockstep serve` unless given. */
  what?: string
  /** Called when the claim is lost: nothing may be written any more. */
  onLost: (error: unknown) => void
}

/** The thing claimed, by the word that locks have for it. */
const WHAT = 'lockstep serve'

/**
 * Claims the pipeline of a state folder. A claim outlives no process: after `kill -9`, its pid and start say that it is
 * gone. On another machine, it is taken over when it was not renewed for a minute.
 * @throws LockstepError `locked` while another process has it, UnreadableClaim where that cannot be known
 */
export async function claimPipeline({
  state,
  env,
  clock,
  what = WHAT,
  onLost,
}: ClaimOptions): Promise<PipelineClaim> {
  const directory = lockFolderIn(state)
  // Unlike the folder of locks that users share, it is for those alone who may write the state.
  makeFolder(directory, 0o770)
  const locks = new HostLocks({ ...lockSurroundings(env), directory }, wordsOf(what))
  const gone = (await locks.list()).filter((one) => one.state !== 'alive').map(({ run }) => run)
  const claim = { run: `serve-${randomUUID()}`, feature: what, fleet: state, hosts: [WHAT] }
  const [other] = await locks.claim(claim, { runs: gone, reason: 'its process is gone' })
  if (other !== undefined) throw new LockstepError('locked', refusal(other, state))
  let stop = () => {}
  const keepAlive = () => {
    stop = clock.after(LEASE / 3, () => {
      locks.renew().catch((error: unknown) => onLost(lost(error, state, what)))
      keepAlive()
    })
  }
  keepAlive()
  return {
    expectOwned() {
      try {
        locks.expectOwned()
      } catch (error) {
        throw lost(error, state, what)
      }
    },
    async release() {
      stop()
      await locks.release()
    },
  }
}

/**
 * Returns the machine on which a process serves the pipeline of a state folder; on another machine than this, one that
 * renewed its claim. Undefined where there is none.
 */
export async function servingMachine(
  state: string,
  env: Readonly<Record<string, string | undefined>>,
): Promise<string | undefined> {
  const directory = lockFolderIn(state)
  if (!existsSync(directory)) return undefined
  const holders = await new HostLocks({ ...lockSurroundings(env), directory }, wordsOf(WHAT)).list()
  const alive = holders.filter((holder) => holder.state === 'alive')
  // One that waits for its turn has a claim for a moment too.
  return alive.sort((a, b) => a.since.localeCompare(b.since))[0]?.machine
}

function wordsOf(what: string): ClaimWords {
  return {
    lock: 'claim',
    during: `while this ${what} ran`,
    danger: 'another one may have taken over',
    isFree: `no ${what} runs on this state folder, on any machine`,
    another: 'name another folder with --state',
  }
}

function lockFolderIn(state: string): string {
  return join(state, 'pipeline', 'lock')
}

function lost(cause: unknown, state: string, what: string): LockstepError {
  return new LockstepError(
    'lock-failed',
    `the claim of this ${what} on ${state} is lost, so that another one may write its journals: ${(cause as Error).message}`,
    { cause },
  )
}

function refusal({ user, machine, pid, since, feature }: Holder, state: string): string {
  return `${feature} already runs on ${state}: pid ${pid} of ${user} on ${machine}, since ${since}; end it first, or name another folder with --state`
}
