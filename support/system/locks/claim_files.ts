import {
  chmodSync,
  closeSync,
  fsyncSync,
  lstatSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeSync,
} from 'node:fs'
import { join } from 'node:path'
import { LockstepError } from '../errors'

/** One rollout's claim to hosts, as its file has it. */
export interface ClaimFile {
  run: string
  feature: string
  fleet: string
  hosts: readonly string[]
  user: string
  machine: string
  pid: number
  /** Tells a process from another one with the same pid. */
  start: string
  /** ISO. */
  since: string
  /** Milliseconds since 1970: what others on other machines go by. */
  until: number
  /** Still finding out whether somebody else has some of the hosts. */
  trying: boolean
  /** Claims of processes that are gone, which count no more beside this one. */
  takes: readonly { run: string; reason: string }[]
}

const SUFFIX = '.claim.json'

/** The folder of claims. Everybody may add to it; only the owner of a file can remove it. */
export class ClaimFiles {
  constructor(private readonly directory: string) {}

  /** @throws LockstepError `lock-failed` for a file that cannot be read as a claim: it may stand for somebody's hosts */
  all(): ClaimFile[] {
    this.prepare()
    return readdirSync(this.directory)
      .filter((name) => name.endsWith(SUFFIX))
      .sort()
      .flatMap((name) => this.read(join(this.directory, name)) ?? [])
  }

  write(claim: ClaimFile): void {
    this.prepare()
    const path = this.pathOf(claim.run)
    try {
      const file = openSync(`${path}.${process.pid}.new`, 'w', 0o644)
      writeSync(file, JSON.stringify(claim))
      fsyncSync(file)
      closeSync(file)
      renameSync(`${path}.${process.pid}.new`, path)
    } catch (error) {
      throw failed(`the lock ${path} cannot be written: ${(error as Error).message}`, error)
    }
  }

  /** Another user's claim stays; whoever has taken it over says so in their own. */
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
      if (mkdirSync(this.directory, { recursive: true, mode: 0o1777 }) !== undefined)
        chmodSync(this.directory, 0o1777)
      if (!lstatSync(this.directory).isDirectory()) throw new Error('it is no directory')
    } catch (error) {
      throw failed(
        `the folder of locks ${this.directory} cannot be used: ${(error as Error).message}; name another one with LOCKSTEP_LOCKS`,
        error,
      )
    }
  }

  private read(path: string): ClaimFile | undefined {
    try {
      const value: unknown = JSON.parse(readFileSync(path, 'utf8'))
      if (!isClaim(value)) throw new Error('it is no claim')
      return value
    } catch (error) {
      // Released in between.
      if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined
      throw failed(
        `the lock ${path} cannot be read: ${(error as Error).message}; if no rollout is under way here, remove it`,
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

function failed(sentence: string, cause: unknown): LockstepError {
  return new LockstepError('lock-failed', sentence, { cause })
}
