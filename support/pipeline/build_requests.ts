import { join } from 'node:path'
import { nameInWish, WishFolder } from './wish_folder'

/** A wish of somebody that a commit is tested again. */
export interface BuildRequest {
  repository: string
  commit: string
  by: string
}

/** The wishes for builds that people have left. */
export class BuildRequests {
  readonly path: string
  private readonly folder: WishFolder

  constructor(state: string) {
    this.path = join(state, 'pipeline', 'again')
    this.folder = new WishFolder(this.path)
  }

  /** Makes the folder, as the user of `lockstep serve`. */
  open(): void {
    this.folder.open()
  }

  /** @throws LockstepError `bad-config` where this user cannot write the folder */
  leave({ repository, commit, by }: BuildRequest): void {
    this.folder.leave(`${repository}~${commit}~${nameInWish(by)}`)
  }

  /** Returns what waits, by the names of its files; what is no wish has no request, and comes last. */
  waiting(): { name: string; request: BuildRequest | undefined }[] {
    const all = this.folder.waiting().map(({ name, isFolder }) => ({
      name,
      request: isFolder ? undefined : parseName(name),
    }))
    return [...all.filter(({ request }) => request), ...all.filter(({ request }) => !request)]
  }

  remove(name: string): void {
    this.folder.remove(name)
  }
}

function parseName(name: string): BuildRequest | undefined {
  const [, repository, commit, by] =
    /^([a-z0-9][a-z0-9_-]{0,63})~([0-9a-f]{40,64})~([\w.@-]*)$/.exec(name) ?? []
  return repository === undefined || commit === undefined || by === undefined
    ? undefined
    : { repository, commit, by }
}
