import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import * as v from 'valibot'
import { makeFolder } from '../system/folders'

/** A wish to stop a run, as the console of `lockstep serve` notes it before it sends the signal. */
export interface StopWish {
  person: string
  at: string
}

const WISH = v.object({ person: v.string(), at: v.string() })

/** Notes a wish. @throws Error of the system, also where there is one already */
export function noteWish(state: string, run: string, wish: StopWish): void {
  makeFolder(folderIn(state), 0o700)
  writeFileSync(pathIn(state, run), JSON.stringify(wish), { flag: 'wx', mode: 0o600 })
}

/** Returns the wish to stop a run; undefined where there is none. What cannot be read counts as one. */
export function readWish(state: string, run: string): StopWish | undefined {
  try {
    return v.parse(WISH, JSON.parse(readFileSync(pathIn(state, run), 'utf8')))
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined
    return { person: 'someone', at: 'an unknown time' }
  }
}

/** Returns whether the console was asked to stop a run, as far as this user can see. */
export function isStopWished(state: string, run: string): boolean {
  return existsSync(pathIn(state, run))
}

function folderIn(state: string): string {
  return join(state, 'console', 'stops')
}

function pathIn(state: string, run: string): string {
  return join(folderIn(state), `${run}.json`)
}
