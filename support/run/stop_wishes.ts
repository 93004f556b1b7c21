import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import * as v from 'valibot'
import { placeFile } from '../system/placed_file'

/** A wish to stop a run, as the console of `lockstep serve` notes it before it sends the signal. */
export interface StopWish {
  person: string
  at: string
  /** The process that the signal is for, by its number and the moment of its start, in milliseconds since 1970. */
  pid: number
  startedAt: number
}

/** A wish that was noted. */
export interface NotedWish extends Pick<StopWish, 'person' | 'at'> {
  /** The process that it is for; undefined where the note cannot be read. */
  process: Pick<StopWish, 'pid' | 'startedAt'> | undefined
  /** True once the signal was sent, as far as is known: a process that was killed right behind the signal noted nothing of it. */
  isSent: boolean
}

/** The most wishes that are noted of a run: each has the run pass over one Ctrl-C. */
export const MAX_WISHES = 3

const WISH = v.object({ person: v.string(), at: v.string(), pid: v.number(), startedAt: v.number() })

/**
 * Notes a wish, whole, before its signal is sent. `number` counts the wishes of a run from 1.
 * @returns false where there is one of this number already
 * @throws Error of the system
 */
export function noteWish(state: string, run: string, number: number, wish: StopWish): boolean {
  return placeFile(pathIn(state, run, number, 'json'), JSON.stringify(wish), MODES)
}

/** Notes that the signal of a wish was sent. @throws Error of the system */
export function noteSent(state: string, run: string, number: number): void {
  placeFile(pathIn(state, run, number, 'sent'), '', MODES)
}

const MODES = { file: 0o600, folder: 0o700 }

/** Returns the wishes to stop a run, the oldest first. One that cannot be read counts as one whose signal was sent. */
export function readWishes(state: string, run: string): NotedWish[] {
  const wishes: NotedWish[] = []
  for (let number = 1; number <= MAX_WISHES; number += 1) {
    const wish = readWish(state, run, number)
    if (wish === undefined) break
    wishes.push(wish)
  }
  return wishes
}

/** Returns how often the console was asked to stop a run, as far as this user can see. */
export function countWishes(state: string, run: string): number {
  let count = 0
  while (count < MAX_WISHES && existsSync(pathIn(state, run, count + 1, 'json'))) count += 1
  return count
}

/** Returns the run that a note is about, by the name of its file; undefined for another file. */
export function runOfWish(name: string): string | undefined {
  return NOTE.exec(name)?.[1]
}

/** The names of notes, and of those that a kill has left unfinished. */
const NOTE = /^(\d{8}-\d{6}-[0-9a-f]{4})\.\d\.(?:json|sent)(?:\.[0-9a-f]{12}\.new)?$/

function readWish(state: string, run: string, number: number): NotedWish | undefined {
  try {
    const text = readFileSync(pathIn(state, run, number, 'json'), 'utf8')
    const { person, at, pid, startedAt } = v.parse(WISH, JSON.parse(text))
    return {
      person,
      at,
      process: { pid, startedAt },
      isSent: existsSync(pathIn(state, run, number, 'sent')),
    }
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined
    return { person: 'someone', at: 'an unknown time', process: undefined, isSent: true }
  }
}

export function stopsFolderIn(state: string): string {
  return join(state, 'console', 'stops')
}

function pathIn(state: string, run: string, number: number, ending: 'json' | 'sent'): string {
  return join(stopsFolderIn(state), `${run}.${number}.${ending}`)
}
