import {
  chmodSync,
  closeSync,
  fstatSync,
  fsyncSync,
  lstatSync,
  openSync,
  renameSync,
  rmSync,
  writeSync,
} from 'node:fs'
import { join } from 'node:path'
import { LockstepError } from '../system/errors'
import { namesIn, readRegularFile } from '../system/regular_file'
import { makeFolder } from '../system/folders'

/** The claim of one rollout to hosts, as its file has it. */
export interface ClaimFile {
  run: string
  feature: string
  fleet: string
  hosts: readonly string[]
  user: string
  machine: string
  pid: number
  /** The sign that tells a process from another one with the same pid. */
  start: string
  /** The time at which the run first claimed hosts, in ISO 8601. */
  since: string
  /** Milliseconds since 1970 until which processes on other machines take the claim for alive. */
  until: number
  /** True while the process is still finding out whether others have some of the hosts. */
  trying: boolean
  /** The claims of processes that are gone, which count no more beside this one. */
  takes: readonly { run: string; reason: string }[]
}

/** The words by which people know what is claimed. */
export interface ClaimWords {
  /** The thing that a file stands for: `lock`. */
  lock: string
  /** The time for which it is needed: `during the run`. */
  during: string
  /** The danger without it: `another rollout may have its hosts`. */
  danger: string
  /** The case in which a file may be removed: `no rollout is under way here`. */
  isFree: string
  /** The way around: `name another folder with LOCKSTEP_LOCKS`. */
  another: string
}

const OF_ROLLOUTS: ClaimWords = {
  lock: 'lock',
  during: 'during the run',
  danger: 'another rollout may have its hosts',
  isFree: 'no rollout is under way here',
  another: 'name another folder with LOCKSTEP_LOCKS',
}

/** A file among claims that says nothing of whose it is; it may be another process that is just writing it. */
export class UnreadableClaim extends LockstepError {
  constructor(sentence: string, cause: unknown) {
    super('lock-failed', sentence, { cause })
  }
}

const SUFFIX = '.claim.json'
/** Matches the names of claims that are being written, and of what file systems keep for themselves. */
const PASSED_OVER = /\.claim\.json\.\d+\.new$|^\.|^lost\+found$/

/** The folder of claims. Every user may add to it; only the owner of a file can remove it. */
export class ClaimFiles {
  /** The file that this process has written last, by the file system's number for it. */
  private own: { run: string; number: number } | undefined

  constructor(
    private readonly directory: string,
    private readonly words: ClaimWords = OF_ROLLOUTS,
  ) {}

  /**
   * Returns all claims.
   * @throws LockstepError `lock-failed` for what cannot be read as a claim: it may stand for the hosts of another
   * rollout
   */
  all(): ClaimFile[] {
    this.prepare()
    const names = namesIn(this.directory).filter((name) => !PASSED_OVER.test(name))
    const foreign = names.find((name) => !name.endsWith(SUFFIX))
    if (foreign !== undefined)
      throw new UnreadableClaim(
        `${join(this.directory, foreign)} is no ${this.words.lock}, and lies among them: it may have been one; look what it is, then move it away, or ${this.words.another}`,
        undefined,
      )
    return names.flatMap((name) => this.read(join(this.directory, name)) ?? [])
  }

  /**
   * Checks that the claim of this process is there.
   * @throws LockstepError `lock-failed` when what it wrote is not there any more, or is another's
   */
  expectOwn(run: string): void {
    const path = this.pathOf(run)
    const there = lstatSync(path, { throwIfNoEntry: false })
    if (there !== undefined && this.own?.run === run && there.ino === this.own.number) return
    const { lock, during, danger } = this.words
    throw claimFailure(
      `somebody ${there === undefined ? 'removed' : 'replaced'} the ${lock} ${path} ${during}: ${danger}; nothing more is done without it`,
      undefined,
    )
  }

  write(claim: ClaimFile): void {
    this.prepare()
    const path = this.pathOf(claim.run)
    try {
      const file = openSync(`${path}.${process.pid}.new`, 'w', 0o644)
      writeSync(file, JSON.stringify(claim))
      fsyncSync(file)
      this.own = { run: claim.run, number: fstatSync(file).ino }
      closeSync(file)
      renameSync(`${path}.${process.pid}.new`, path)
    } catch (error) {
      throw claimFailure(
        `the ${this.words.lock} ${path} cannot be written: ${(error as Error).message}; mend that, or ${this.words.another}`,
        error,
      )
    }
  }

  /** Removes the claim of a run. Another user's claim stays; a process that has taken it over says so in its own. */
  remove(run: string): void {
    try {
      rmSync(this.pathOf(run), { force: true })
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException
      if (code !== 'EPERM' && code !== 'EACCES') throw error
    }
  }

  private pathOf(run: string): string {
    return join(this.directory, `${run}${SUFFIX}`)
  }

  private prepare(): void {
    try {
      if (makeFolder(this.directory, 0o1777) !== undefined) chmodSync(this.directory, 0o1777)
      const stats = lstatSync(this.directory)
      if (stats.isSymbolicLink())
        throw new Error('it is a link, and not everybody may see the same folder behind it')
      if (!stats.isDirectory()) throw new Error('it is no directory')
    } catch (error) {
      throw claimFailure(
        `the folder of ${this.words.lock}s ${this.directory} cannot be used: ${(error as Error).message}; ${this.words.another}`,
        error,
      )
    }
  }

  private read(path: string): ClaimFile | undefined {
    try {
      const value: unknown = JSON.parse(readRegularFile(path).toString('utf8'))
      if (!isClaim(value)) throw new Error('it is no claim')
      return value
    } catch (error) {
      // The claim was released in between.
      if (lstatSync(path, { throwIfNoEntry: false }) === undefined) return undefined
      throw new UnreadableClaim(
        `the ${this.words.lock} ${path} cannot be read: ${(error as Error).message}; if ${this.words.isFree}, remove it`,
        error,
      )
    }
  }
}

function isClaim(value: unknown): value is ClaimFile {
  if (typeof value !== 'object' || value === null) return false
  const claim = value as Record<string, unknown>
  const texts = ['run', 'feature', 'fleet', 'user', 'machine', 'start', 'since']
  return (
    texts.every((name) => typeof claim[name] === 'string') &&
    Number.isSafeInteger(claim['pid']) &&
    typeof claim['until'] === 'number' &&
    typeof claim['trying'] === 'boolean' &&
    Array.isArray(claim['hosts']) &&
    claim['hosts'].every((host) => typeof host === 'string') &&
    Array.isArray(claim['takes']) &&
    claim['takes'].every((taken: unknown) => typeof (taken as { run?: unknown } | null)?.run === 'string')
  )
}

function claimFailure(sentence: string, cause: unknown): LockstepError {
  return new LockstepError('lock-failed', sentence, { cause })
}
