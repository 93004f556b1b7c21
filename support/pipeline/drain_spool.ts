import type { RepositorySettings } from '../config/pipeline_setting'
import { excerpt } from '../system/redaction'
import { parseSpooled } from './parse_spooled'
import type { Push } from './push'
import type { Receiver } from './receive'
import type { Spool } from './spool'

/** The fate of one spooled push. */
export type Drained =
  | { name: string; became: 'taken' | 'known'; delivery: string; push: Push }
  /** It cannot be taken, and lies aside; `why` goes on after "the push … ". */
  | { name: string; became: 'refused'; why: string }
  /** It stays where it is, since the file system refuses to move or remove it; others are taken all the same. */
  | { name: string; became: 'stuck'; why: string }

/**
 * Takes all pushes that wait in a spool. A file goes only when its push is in the journal. A kill in between leaves both,
 * and the file is then known as taken.
 * @throws LockstepError `journal-failed`: what waits stays in the spool
 */
export async function drainSpool(
  spool: Spool,
  repositories: readonly RepositorySettings[],
  receiver: Receiver,
): Promise<Drained[]> {
  const drained: Drained[] = []
  for (const name of spool.waiting()) {
    const read = readPush(spool, name, repositories)
    if (read === undefined) continue
    if ('fault' in read) {
      const { fault } = read
      const stuck = reasonNotTo(() => spool.setAside(name, fault))
      drained.push(
        stuck === undefined
          ? { name, became: 'refused', why: fault }
          : { name, became: 'stuck', why: `${fault}, and cannot be moved aside: ${stuck}` },
      )
      continue
    }
    const { push } = read
    const { delivery, isNew } = await receiver.receive({
      push,
      teller: 'hook',
      sameness: `${name}\n${read.text}`,
    })
    const stuck = reasonNotTo(() => spool.remove(name))
    if (isNew || stuck === undefined)
      drained.push({ name, became: isNew ? 'taken' : 'known', delivery, push })
    if (stuck !== undefined)
      drained.push({ name, became: 'stuck', why: `was taken, and cannot be removed: ${stuck}` })
  }
  return drained
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

/** Returns undefined for a file that is gone by now. */
function readPush(
  spool: Spool,
  name: string,
  repositories: readonly RepositorySettings[],
): { push: Push; text: string } | { fault: string } | undefined {
  let text: string
  try {
    text = spool.read(name)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined
    return { fault: `cannot be read: ${(error as Error).message}` }
  }
  const parsed = parseSpooled(text)
  if ('fault' in parsed) return parsed
  const named = excerpt(parsed.push.repository, 64)
  const repository = repositories.find(({ name: known }) => known === parsed.push.repository)
  if (repository === undefined)
    return {
      fault: `is of the repository ${JSON.stringify(named)}; lockstep.yaml has: ${repositories.map((one) => one.name).join(', ')}`,
    }
  if (!repository.triggers.some(({ kind }) => kind === 'hook'))
    return { fault: `is of ${named}, whose trigger does not have hook` }
  return { ...parsed, text }
}
