import type { Spool } from './spool'

/** The fate of a file in a spool that was not taken, or could not be removed. */
export type LeftFile =
  /** It can never be taken, and lies aside; `why` goes on after its name. */
  | { name: string; became: 'refused'; why: string }
  /** It stays where it is, since the file system refuses to move or remove it; others are taken all the same. */
  | { name: string; became: 'stuck'; why: string }

/**
 * Takes all files that wait in a spool. `read` parses one, or says what is wrong with it; `take` has it in the journal when it
 * resolves. A file goes only then. A kill in between leaves both, so that `take` has to know it again.
 * @throws what `take` throws: what waits stays in the spool
 */
export async function drainFiles<Read extends object, Taken extends { became: string }>(
  spool: Spool,
  read: (text: string) => Read | { fault: string },
  take: (file: Read, name: string, text: string) => Promise<Taken>,
): Promise<((Taken & { name: string }) | LeftFile)[]> {
  const drained: ((Taken & { name: string }) | LeftFile)[] = []
  for (const name of spool.waiting()) {
    const found = readOne(spool, name, read)
    if (found === undefined) continue
    if ('fault' in found) {
      drained.push(setAside(spool, name, found.fault))
      continue
    }
    const taken = await take(found.file, name, found.text)
    const stuck = reasonNotTo(() => spool.remove(name))
    if (taken.became === 'taken' || stuck === undefined) drained.push({ ...taken, name })
    if (stuck !== undefined)
      drained.push({ name, became: 'stuck', why: `was taken, and cannot be removed: ${stuck}` })
  }
  return drained
}

/** Returns undefined for a file that is gone by now. */
function readOne<Read extends object>(
  spool: Spool,
  name: string,
  read: (text: string) => Read | { fault: string },
): { file: Read; text: string } | { fault: string } | undefined {
  let text: string
  try {
    text = spool.read(name)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined
    return { fault: `cannot be read: ${(error as Error).message}` }
  }
  const file = read(text)
  return 'fault' in file ? file : { file, text }
}

function setAside(spool: Spool, name: string, fault: string): LeftFile {
  const stuck = reasonNotTo(() => spool.setAside(name, fault))
  return stuck === undefined
    ? { name, became: 'refused', why: fault }
    : { name, became: 'stuck', why: `${fault}, and cannot be moved aside: ${stuck}` }
}

/** Returns why the file system does not let it; undefined where it does. */
function reasonNotTo(work: () => void): string | undefined {
  try {
    work()
    return undefined
  } catch (error) {
    return (error as Error).message
  }
}
