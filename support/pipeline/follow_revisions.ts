import type { Clock } from '../system/clock'
import { LockstepError } from '../system/errors'
import { excerpt } from '../system/redaction'
import { Backoff } from './backoff'
import { parseRevision, type AnnouncedRevision } from './parse_revision'
import type { Receiver } from './receive'
import type { Spool } from './spool'
import type { Moved, SvnMirror } from './svn_mirror'

/** Milliseconds between two looks into the spool. */
const LOOK_EVERY_MS = 1_000
const AWAY_FIRST_MS = 1_000
const AWAY_MOST_MS = 60_000

export interface RevisionFollowerParts {
  /** The name of the repository. */
  repository: string
  /** The names of all Subversion repositories: what is of none of them is set aside. */
  names: readonly string[]
  mirror: Pick<SvnMirror, 'advance'>
  spool: Spool
  receiver: Receiver
  clock: Clock
  onTrouble(sentence: string): void
}

/**
 * Takes the revisions that the hook of one Subversion repository has left. A number is all that is believed of it: what the
 * revision has moved, the repository is asked. A file goes only when its revision was taken, or was taken before.
 */
export class RevisionFollower {
  private readonly server: Backoff
  private said: string | undefined

  constructor(private readonly parts: RevisionFollowerParts) {
    this.server = new Backoff(() => parts.clock.elapsed(), AWAY_FIRST_MS, AWAY_MOST_MS)
  }

  /**
   * Takes what can be taken now, the lowest revision first. Resolves with the milliseconds until the next look.
   * @throws LockstepError `journal-failed`
   */
  async look(signal: AbortSignal): Promise<number> {
    const { repository, mirror, spool, clock, onTrouble } = this.parts
    if (this.server.rest > 0) return Math.min(this.server.rest, LOOK_EVERY_MS)
    try {
      for (const { revision, by, files } of this.waiting()) {
        const fetched = await mirror.advance({ revision, by }, (moved) => this.take(moved), signal)
        if (signal.aborted) return LOOK_EVERY_MS
        if (fetched.kind === 'away') {
          const pause = this.server.fail()
          onTrouble(
            `the Subversion repository ${repository} cannot be followed: ${fetched.why}; it is asked again in ${pause / 1000} s`,
          )
          return LOOK_EVERY_MS
        }
        this.server.succeed()
        for (const name of files) spool.remove(name)
      }
      spool.recover(clock.now())
      this.said = undefined
    } catch (error) {
      if (error instanceof LockstepError ? error.code !== 'bad-config' : !('code' in Object(error)))
        throw error
      this.server.fail()
      const { message } = error as Error
      if (message !== this.said) onTrouble(message)
      this.said = message
    }
    return LOOK_EVERY_MS
  }

  private async take({ revision, by, changes }: Moved): Promise<void> {
    const { repository, receiver } = this.parts
    const moved = changes.map(({ ref, before, after }) => ({
      ref,
      before: before ?? undefined,
      after: after ?? undefined,
    }))
    const sameness = `r${revision}\n${JSON.stringify(changes)}`
    await receiver.receive({ push: { repository, by, changes: moved }, teller: 'hook', sameness })
  }

  /** Returns the revisions that wait, the lowest first, each with the files that tell of it. */
  private waiting(): { revision: number; by: string | undefined; files: string[] }[] {
    const { repository, names, spool, onTrouble } = this.parts
    const found = new Map<number, { revision: number; by: string | undefined; files: string[] }>()
    for (const name of spool.waiting()) {
      const read = this.read(name)
      if (read === undefined) continue
      const fault =
        'fault' in read
          ? read.fault
          : names.includes(read.repository)
            ? undefined
            : `is of the repository ${JSON.stringify(excerpt(read.repository, 64))}; lockstep.yaml has of Subversion: ${names.join(', ')}`
      if (fault !== undefined) {
        spool.setAside(name, fault)
        onTrouble(`a revision in the spool was refused: ${name} ${fault}`)
      }
      if ('fault' in read || read.repository !== repository) continue
      const { revision, by } = read
      const known = found.get(revision) ?? { revision, by, files: [] }
      known.files.push(name)
      found.set(revision, known)
    }
    return [...found.values()].sort((one, other) => one.revision - other.revision)
  }

  /** Returns undefined for a file that is gone by now. */
  private read(name: string): AnnouncedRevision | { fault: string } | undefined {
    try {
      return parseRevision(this.parts.spool.read(name))
    } catch (error) {
      return (error as NodeJS.ErrnoException).code === 'ENOENT'
        ? undefined
        : { fault: `cannot be read: ${(error as Error).message}` }
    }
  }
}
