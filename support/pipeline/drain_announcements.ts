import { createHash } from 'node:crypto'
import { excerpt } from '../system/redaction'
import { foldChanges, type Announcement } from './announcement'
import { parseAnnouncement } from './parse_announcement'
import type { PipelineLog } from './receive'
import type { Spool } from './spool'

/** The fate of one announcement in the spool. */
export type DrainedAnnouncement =
  | { name: string; became: 'taken' | 'known'; announcement: string; repository: string }
  /** It has changes, and each is of a distribution that concerns no host. */
  | { name: string; became: 'passed over'; repository: string }
  /** It cannot be taken, and lies aside; `why` goes on after "the announcement … ". */
  | { name: string; became: 'refused'; why: string }
  /** The file system refuses to move or remove it. */
  | { name: string; became: 'stuck'; why: string }

/** The package repositories whose announcements are taken. */
export interface AnnouncingSettings {
  name: string
  /** The codenames whose changes concern hosts; undefined for all. */
  distributions?: readonly string[] | undefined
}

/**
 * Takes all announcements that wait in a spool. A file goes only when its announcement is in the journal. A kill in
 * between leaves both, and the file is then known as taken.
 * @throws LockstepError `journal-failed`: what waits stays in the spool
 */
export async function drainAnnouncements(
  spool: Spool,
  known: readonly AnnouncingSettings[],
  log: PipelineLog,
): Promise<DrainedAnnouncement[]> {
  const drained: DrainedAnnouncement[] = []
  for (const name of spool.waiting()) {
    const read = readOne(spool, name, known)
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
    const { repository, by = null, changes } = read.announcement
    const concerns = changes.filter(({ codename }) => isOf(codename, read.distributions))
    const announcement = createHash('sha256').update(`${name}\n${read.text}`).digest('hex').slice(0, 32)
    const isPassedOver = changes.length > 0 && concerns.length === 0
    const isNew = !isPassedOver && !log.state.announced.isKnown(announcement)
    if (isNew)
      await log.append({
        type: 'packages announced',
        announcement,
        repository,
        by,
        ...foldChanges(concerns),
      })
    const stuck = reasonNotTo(() => spool.remove(name))
    if (isPassedOver && stuck === undefined) drained.push({ name, became: 'passed over', repository })
    else if (isNew || stuck === undefined)
      drained.push({ name, became: isNew ? 'taken' : 'known', announcement, repository })
    if (stuck !== undefined)
      drained.push({ name, became: 'stuck', why: `was taken, and cannot be removed: ${stuck}` })
  }
  return drained
}

/** Returns undefined for a file that is gone by now. */
function readOne(
  spool: Spool,
  name: string,
  known: readonly AnnouncingSettings[],
): (AnnouncingSettings & { announcement: Announcement; text: string }) | { fault: string } | undefined {
  let text: string
  try {
    text = spool.read(name)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined
    return { fault: `cannot be read: ${(error as Error).message}` }
  }
  const parsed = parseAnnouncement(text)
  if ('fault' in parsed) return parsed
  const { repository } = parsed.announcement
  const settings = known.find((each) => each.name === repository)
  if (settings === undefined)
    return {
      fault: `is of the package repository ${JSON.stringify(excerpt(repository, 64))}; pipeline.packages of lockstep.yaml has: ${known.map((each) => each.name).join(', ')}`,
    }
  return { ...settings, ...parsed, text }
}

function isOf(codename: string, distributions: readonly string[] | undefined): boolean {
  return distributions === undefined || distributions.includes(codename)
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
