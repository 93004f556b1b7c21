import { closeSync, existsSync, fsyncSync, openSync, renameSync, writeFileSync } from 'node:fs'
import { dirname } from 'node:path'
import * as v from 'valibot'
import type { JournalPlace } from './event_cursor'
import { pause, type Clock } from '../system/clock'
import { LockstepError } from '../system/errors'
import { makeFolder } from '../system/folders'
import { readRegularFile } from '../system/regular_file'

const count = v.pipe(v.number(), v.safeInteger(), v.minValue(0))
const form = v.strictObject({ journal: count, entries: count })

/**
 * Returns the place up to which events were confirmed. Where there is none yet, `first` is written down as it: the place at
 * which this process begins to write. One behind that is of journals that are gone, and is told: what is written from now
 * on would be taken for confirmed.
 * @throws LockstepError `bad-config` for a file that says no place
 */
export function openPlace(
  path: string,
  first: JournalPlace,
  onTrouble: (sentence: string) => void,
): JournalPlace {
  if (!existsSync(path)) {
    makeFolder(dirname(path), 0o700)
    savePlace(path, first)
    return first
  }
  const place = readPlace(path)
  if (!isBehind(place, first)) return place
  onTrouble(
    `${path} tells of events in journal ${place.journal} that are gone, and the next journal is ${first.journal}: it begins with what comes next`,
  )
  savePlace(path, first)
  return first
}

/** Milliseconds between two looks at a file that says no place. */
const LOOK_AGAIN_MS = 10_000

/**
 * Returns the place as `openPlace` does, and waits while its file says none: what is told from any other place is either
 * lost or told late, and a person decides. Nothing else waits for that. Resolves with undefined when the signal is aborted.
 */
export async function waitForPlace(
  path: string,
  first: () => JournalPlace,
  onTrouble: (sentence: string) => void,
  { clock, signal }: { clock: Clock; signal: AbortSignal },
): Promise<JournalPlace | undefined> {
  while (!signal.aborted) {
    try {
      return openPlace(path, first(), onTrouble)
    } catch (error) {
      if (!(error instanceof LockstepError) || error.code !== 'bad-config') throw error
      onTrouble(`${error.message}; nothing is told until then`)
    }
    await pause(clock, LOOK_AGAIN_MS, signal).catch(() => {})
  }
  return undefined
}

function isBehind(place: JournalPlace, other: JournalPlace): boolean {
  return place.journal > other.journal || (place.journal === other.journal && place.entries > other.entries)
}

function readPlace(path: string): JournalPlace {
  try {
    return v.parse(form, JSON.parse(readRegularFile(path).toString('utf8')))
  } catch (error) {
    throw new LockstepError(
      'bad-config',
      `${path} does not say which events were told: ${(error as Error).message}; put it back, or remove it to begin with what comes next`,
      { cause: error },
    )
  }
}

/** Writes a place down, whole or not at all, on disk when it returns. @throws Error when it cannot be written */
export function savePlace(path: string, { journal, entries }: JournalPlace): void {
  writeOnDisk(path, JSON.stringify({ journal, entries }))
}

/** Writes a file whole or not at all, on disk when it returns. @throws Error when it cannot be written */
export function writeOnDisk(path: string, text: string): void {
  const beside = `${path}.new`
  const file = openSync(beside, 'w', 0o600)
  try {
    writeFileSync(file, text)
    fsyncSync(file)
  } finally {
    closeSync(file)
  }
  renameSync(beside, path)
}
