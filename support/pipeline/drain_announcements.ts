import { createHash } from 'node:crypto'
import { excerpt } from '../system/redaction'
import { drainFiles, type LeftFile } from './drain_files'
import { foldChanges, type Announcement } from './announcement'
import { parseAnnouncement } from './parse_announcement'
import type { PipelineLog } from './receive'
import type { Spool } from './spool'

/** The fate of one announcement in the spool. */
export type DrainedAnnouncement =
  | { name: string; became: 'taken' | 'known'; announcement: string; repository: string }
  /** It has changes, and each is of a distribution that concerns no host. */
  | { name: string; became: 'passed over'; repository: string }
  | LeftFile

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
export function drainAnnouncements(
  spool: Spool,
  known: readonly AnnouncingSettings[],
  log: PipelineLog,
): Promise<DrainedAnnouncement[]> {
  return drainFiles<ReadAnnouncement, Taken>(
    spool,
    (text) => readAnnouncement(text, known),
    async ({ announcement: { repository, by = null, changes }, distributions }, name, text) => {
      const concerns = changes.filter(({ codename }) => isOf(codename, distributions))
      if (changes.length > 0 && concerns.length === 0) return { became: 'passed over', repository }
      const announcement = createHash('sha256').update(`${name}\n${text}`).digest('hex').slice(0, 32)
      if (log.state.announced.isKnown(announcement)) return { became: 'known', announcement, repository }
      const folded = foldChanges(concerns)
      await log.append({ type: 'packages announced', announcement, repository, by, ...folded })
      return { became: 'taken', announcement, repository }
    },
  )
}

type ReadAnnouncement = AnnouncingSettings & { announcement: Announcement }
type Taken =
  | { became: 'taken' | 'known'; announcement: string; repository: string }
  | { became: 'passed over'; repository: string }

function readAnnouncement(
  text: string,
  known: readonly AnnouncingSettings[],
): ReadAnnouncement | { fault: string } {
  const parsed = parseAnnouncement(text)
  if ('fault' in parsed) return parsed
  const { repository } = parsed.announcement
  const settings = known.find((each) => each.name === repository)
  return settings === undefined
    ? {
        fault: `is of the package repository ${JSON.stringify(excerpt(repository, 64))}; pipeline.packages of lockstep.yaml has: ${known.map((each) => each.name).join(', ')}`,
      }
    : { ...settings, ...parsed }
}

function isOf(codename: string, distributions: readonly string[] | undefined): boolean {
  return distributions === undefined || distributions.includes(codename)
}
