import { closeSync, openSync, readdirSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { LockstepError } from '../system/errors'
import { makeFolder } from '../system/folders'

/** A wish of somebody that a commit is tested again. */
export interface BuildRequest {
  repository: string
  commit: string
  by: string
}

const MAX_BY = 32

/**
 * The folder in which people who may write the state leave wishes for `lockstep serve`. A wish is an empty file, and its
 * name says everything: `lockstep serve` can read and remove it, also where another user has made it.
 */
export class BuildRequests {
  readonly path: string

  constructor(state: string) {
    this.path = join(state, 'pipeline', 'again')
  }

  /** Makes the folder, as the user of `lockstep serve`. */
  open(): void {
    makeFolder(this.path, 0o770)
  }

  /** @throws LockstepError `bad-config` where this user cannot write the folder */
  leave({ repository, commit, by }: BuildRequest): void {
    const person = by.replace(/[^\w.@-]/g, '_').slice(0, MAX_BY)
    try {
      // What lies there already is never opened: another one may have put a link or a pipe there.
      closeSync(openSync(join(this.path, `${repository}~${commit}~${person}`), 'wx', 0o600))
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'EEXIST') return
      throw new LockstepError(
        'bad-config',
        `${this.path} cannot be written: ${(error as Error).message}; say it as the user of lockstep serve, which makes the folder when it starts`,
        { cause: error },
      )
    }
  }

  /**
   * Returns what waits, by the names of its files; what is no wish has no request, and comes last. A folder is none: it may
   * be one that cannot be removed.
   */
  waiting(): { name: string; request: BuildRequest | undefined }[] {
    const all = readdirSync(this.path, { withFileTypes: true }).map((entry) => ({
      name: entry.name,
      request: entry.isDirectory() ? undefined : parseName(entry.name),
    }))
    return [...all.filter(({ request }) => request), ...all.filter(({ request }) => !request)]
  }

  remove(name: string): void {
    rmSync(join(this.path, name), { recursive: true, force: true })
  }
}

function parseName(name: string): BuildRequest | undefined {
  const [, repository, commit, by] =
    /^([a-z0-9][a-z0-9_-]{0,63})~([0-9a-f]{40,64})~([\w.@-]*)$/.exec(name) ?? []
  return repository === undefined || commit === undefined || by === undefined
    ? undefined
    : { repository, commit, by }
}
