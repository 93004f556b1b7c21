import type { RepositorySettings } from '../config/pipeline_setting'
import { excerpt } from '../system/redaction'
import { drainFiles, type LeftFile } from './drain_files'
import { parseSpooled } from './parse_spooled'
import type { Push } from './push'
import type { Receiver } from './receive'
import type { Spool } from './spool'

/** The fate of one spooled push. */
export type Drained = { name: string; became: 'taken' | 'known'; delivery: string; push: Push } | LeftFile

/**
 * Takes all pushes that wait in a spool. A file goes only when its push is in the journal. A kill in between leaves both,
 * and the file is then known as taken.
 * @throws LockstepError `journal-failed`: what waits stays in the spool
 */
export function drainSpool(
  spool: Spool,
  repositories: readonly RepositorySettings[],
  receiver: Receiver,
): Promise<Drained[]> {
  return drainFiles(
    spool,
    (text) => readPush(text, repositories),
    async ({ push }, name, text) => {
      const told = { push, teller: 'hook', sameness: `${name}\n${text}` } as const
      const { delivery, isNew } = await receiver.receive(told)
      return { became: isNew ? ('taken' as const) : ('known' as const), delivery, push }
    },
  )
}

function readPush(
  text: string,
  repositories: readonly RepositorySettings[],
): { push: Push } | { fault: string } {
  const parsed = parseSpooled(text)
  if ('fault' in parsed) return parsed
  const named = excerpt(parsed.push.repository, 64)
  const repository = repositories.find(({ name: known }) => known === parsed.push.repository)
  if (repository === undefined)
    return {
      fault: `is of the repository ${JSON.stringify(named)}; lockstep.yaml has: ${repositories.map((one) => one.name).join(', ')}`,
    }
  if (repository.svn !== undefined)
    return { fault: `is of ${named}, a Subversion repository: its hook leaves revisions, and no refs` }
  return repository.triggers.some(({ kind }) => kind === 'hook')
    ? parsed
    : { fault: `is of ${named}, whose trigger does not have hook` }
}
