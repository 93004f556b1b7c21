import {
  chmodSync,
  existsSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs'
import { join } from 'node:path'
import { LockstepError } from '../system/errors'
import { namesIn, readForeignFile } from '../system/regular_file'

/** The folders of a spool: what is being written, what waits, and what could not be read. */
const FOLDERS = ['tmp', 'new', 'refused'] as const
const MAX_BYTES = 16 * 1024 * 1024
const MAX_ANNOUNCEMENT_BYTES = 4 * 1024 * 1024
const MAX_REVISION_BYTES = 4 * 1024
/** Milliseconds after which no hook still writes its file. */
const ENDED_AFTER_MS = 600_000

/** Returns the spool of announcements, below that of pushes. */
export function openAnnouncements(spool: string): Spool {
  return new Spool(join(spool, 'packages'), 'lockstep hook --packages', MAX_ANNOUNCEMENT_BYTES)
}

/** Returns the spool of revisions of Subversion repositories, below that of pushes. */
export function openRevisions(spool: string): Spool {
  return new Spool(
    join(spool, 'revisions'),
    'lockstep hook --install <Subversion repository>',
    MAX_REVISION_BYTES,
  )
}

/** The spool that hooks leave pushes in. It has the form of a maildir: what is in `new` is whole, and on disk. */
export class Spool {
  constructor(
    readonly path: string,
    /** The command that makes it. */
    private readonly madeBy = 'lockstep hook --install',
    private readonly maxBytes = MAX_BYTES,
  ) {}

  /**
   * Makes the folders that are not there. Their group may write: hooks run as the user of git, `lockstep serve` as
   * another.
   * @throws LockstepError `bad-config` when that cannot be done
   */
  prepare(): void {
    for (const folder of FOLDERS) {
      const path = join(this.path, folder)
      if (existsSync(path)) continue
      try {
        mkdirSync(path, { recursive: true })
        chmodSync(path, 0o2770)
      } catch (error) {
        throw this.unusable(error)
      }
    }
  }

  /**
   * Returns the names of the pushes that wait, the oldest first.
   * @throws LockstepError `bad-config` when the folder cannot be listed; one that is not there may be misspelt
   */
  waiting(): string[] {
    try {
      return readdirSync(join(this.path, 'new')).sort()
    } catch (error) {
      throw this.unusable(error)
    }
  }

  /** Returns how many pushes lie aside. */
  countRefused(): number {
    try {
      return namesIn(join(this.path, 'refused')).filter((name) => !name.endsWith('.why')).length
    } catch (error) {
      throw this.unusable(error)
    }
  }

  /** Returns the text of a push that waits. @throws Error in words when it cannot be read */
  read(name: string): string {
    return readForeignFile(join(this.path, 'new', name), this.maxBytes).toString('utf8')
  }

  /** Removes a push that was taken. */
  remove(name: string): void {
    rmSync(join(this.path, 'new', name), { force: true })
  }

  /** Moves a push that cannot be taken out of the way, with the reason beside it. It is kept for a person to look at. */
  setAside(name: string, why: string): void {
    const aside = this.freePlaceFor(name)
    rmSync(`${aside}.why`, { force: true })
    // A link that another user has left there would lead the reason elsewhere.
    writeFileSync(`${aside}.why`, `${why}\n`, { flag: 'wx' })
    renameSync(join(this.path, 'new', name), aside)
  }

  /**
   * Lets what hooks have left half way be found, once it is so old that its hook was ended. A push that is whole is taken
   * then, and any other is refused, so that somebody sees it.
   */
  recover(now: number): void {
    for (const name of namesIn(join(this.path, 'tmp'))) {
      const path = join(this.path, 'tmp', name)
      const stats = lstatSync(path, { throwIfNoEntry: false })
      if (stats?.isFile() === true && now - stats.mtimeMs > ENDED_AFTER_MS)
        renameSync(path, join(this.path, 'new', name))
    }
  }

  private freePlaceFor(name: string): string {
    for (let next = 1; ; next += 1) {
      const place = join(this.path, 'refused', next === 1 ? name : `${name}~${next}`)
      const isFree = lstatSync(place, { throwIfNoEntry: false }) === undefined
      if (isFree && lstatSync(`${place}.why`, { throwIfNoEntry: false })?.isDirectory() !== true) return place
    }
  }

  private unusable(error: unknown): LockstepError {
    return new LockstepError(
      'bad-config',
      `the spool ${this.path} cannot be used: ${(error as Error).message}; run ${this.madeBy}, and let hooks and serve write there by one group`,
      { cause: error },
    )
  }
}
