import { existsSync, readdirSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { RepositorySettings } from '../config/pipeline_setting'
import { makeFolder } from '../system/folders'
import { shortId } from '../system/git_names'
import { InTurn } from '../system/in_turn'
import { redactor } from '../system/redaction'
import { secretsIn, starSecret } from '../system/url_secret'
import { faultOf, type Git, type GitLimits } from './git'
import { isTag, nameRef } from './ref_globs'
import { protocolOf } from './repository_url'

/** The end of a fetch. A server that is away is no error: it is asked again later. */
export type Fetched = { kind: 'fetched' } | { kind: 'away'; why: string }

/** The answer to whether a ref shows a commit. `unknown` says nothing, and is asked again later. */
export type Located =
  { kind: 'there'; commit: string } | { kind: 'elsewhere'; why: string } | { kind: 'unknown'; why: string }

/**
 * The end of a checkout: a fault is one of the machine, and says nothing of the commit. A commit is gone where the repository
 * was asked, and does not have it.
 */
export type CheckedOut = { kind: 'ready' } | { kind: 'fault'; why: string } | { kind: 'gone'; why: string }

/** A repository whose commits are looked at and built. No method throws for what a server or a disk does. */
export interface CommitSource {
  fetch(signal: AbortSignal): Promise<Fetched>
  /** Tells whether a branch shows a commit at its tip or before it, or whether a tag is at it. Asks what was fetched. */
  locate(ref: string, after: string, signal: AbortSignal): Promise<Located>
  /** Writes the files of exactly one commit, with its history, into a folder that is not there yet. */
  checkOut(commit: string, into: string, signal: AbortSignal): Promise<CheckedOut>
}

const FETCH_WITHIN_MS = 1_800_000
/** The most bytes of a list of refs, or of faults. */
const MAX_LIST = 64 * 1024 * 1024
const HEADS_AND_TAGS = ['+refs/heads/*:refs/heads/*', '+refs/tags/*:refs/tags/*']

/**
 * The bare copy of a configured repository, by its branches and tags. It holds nothing that the server does not have: a
 * damaged one is made again.
 */
export class Mirror implements CommitSource {
  protected readonly path: string
  /** The file that says that the mirror may be damaged: a fetch was killed, or its files could not be checked out. */
  protected readonly unsure: string
  private readonly turn = new InTurn()
  /** True when the mirror was found whole since a fetch last succeeded. */
  protected isChecked = false
  private readonly redact: (text: string) => string

  constructor(
    protected readonly repository: Pick<RepositorySettings, 'name' | 'url'>,
    protected readonly folder: string,
    protected readonly git: Git,
  ) {
    this.path = join(folder, `${repository.name}.git`)
    this.unsure = join(folder, `${repository.name}.unsure`)
    this.redact = redactor(secretsIn(repository.url))
  }

  fetch(signal: AbortSignal): Promise<Fetched> {
    return this.inTurn(signal, () => this.fetchNow(signal), away)
  }

  locate(ref: string, after: string, signal: AbortSignal): Promise<Located> {
    return this.inTurn(signal, () => this.locateNow(ref, after, signal), unknown)
  }

  checkOut(commit: string, into: string, signal: AbortSignal): Promise<CheckedOut> {
    return this.inTurn(signal, () => this.checkOutNow(commit, into, signal), fault)
  }

  /** Only one git works with the mirror. What the file system or an end throws becomes a value. */
  protected async inTurn<T>(
    signal: AbortSignal,
    work: () => Promise<T>,
    failed: (why: string) => T,
  ): Promise<T> {
    try {
      return await this.turn.run({ signal }, work)
    } catch (error) {
      return failed((error as Error).message)
    }
  }

  /** Fetches in a turn of its own. */
  protected async fetchNow(signal: AbortSignal): Promise<Fetched> {
    makeFolder(this.folder, 0o700)
    if (!existsSync(this.path)) return this.makeAnew(signal)
    if (existsSync(this.unsure) && !(await this.isWhole(signal))) return this.makeAnew(signal)
    const why = await this.fetchInto(this.path, signal)
    if (why === undefined) {
      this.isChecked = false
      return { kind: 'fetched' }
    }
    // Where the server answers, the mirror may be what is at fault.
    const mayBeDamaged = !signal.aborted && !this.isChecked && 'ids' in (await this.list(signal))
    if (!mayBeDamaged) return away(why)
    // An empty mirror may be of another kind than the repository has become since.
    const isOfUse = !(await this.isEmpty(signal)) && (await this.isWhole(signal))
    return isOfUse ? away(why) : this.makeAnew(signal)
  }

  private async isEmpty(signal: AbortSignal): Promise<boolean> {
    const { exitCode, stdout } = await this.own(signal)('for-each-ref', '--count=1')
    return exitCode === 0 && stdout === ''
  }

  /** Makes the mirror beside its place: it stands there whole, or not at all. */
  private async makeAnew(signal: AbortSignal): Promise<Fetched> {
    const [made, old] = [`${this.path}.new`, `${this.path}.old`]
    for (const left of [made, old]) rmSync(left, { recursive: true, force: true })
    const listed = await this.list(signal)
    if ('why' in listed) return away(listed.why)
    const format = listed.ids === 64 ? 'sha256' : 'sha1'
    const begun = ['init', '--quiet', '--bare', '--template=', `--object-format=${format}`, '--', made]
    const why = (await this.ask(begun, { signal })) ?? (await this.fetchInto(made, signal))
    if (why !== undefined) {
      rmSync(made, { recursive: true, force: true })
      return away(why)
    }
    if (existsSync(this.path)) renameSync(this.path, old)
    renameSync(made, this.path)
    rmSync(this.unsure, { force: true })
    rmSync(old, { recursive: true, force: true })
    this.isChecked = false
    return { kind: 'fetched' }
  }

  /** Fetches from the configured URL, and from nothing else. Returns why it could not. */
  private async fetchInto(mirror: string, signal: AbortSignal): Promise<string | undefined> {
    const { url } = this.repository
    writeFileSync(this.unsure, '', { mode: 0o600 })
    const fetched = await this.git.ask(
      [`--git-dir=${mirror}`, 'fetch', '--quiet', '--prune', '--no-tags', '--no-write-fetch-head']
        .concat(['--no-recurse-submodules', '--no-show-forced-updates', '--', url])
        .concat(HEADS_AND_TAGS),
      { signal, within: FETCH_WITHIN_MS, protocol: protocolOf(url) },
    )
    // A git that has ended by itself has taken its locks away.
    if (fetched.exitCode !== undefined) rmSync(this.unsure, { force: true })
    return this.shown(faultOf(fetched))
  }

  /** Asks the server for its refs. Returns the length of their ids, which tells the kind of the repository. */
  private async list(signal: AbortSignal): Promise<{ ids: number } | { why: string }> {
    const { url } = this.repository
    const listed = await this.git.ask(['ls-remote', '--quiet', '--heads', '--tags', '--', url], {
      signal,
      within: FETCH_WITHIN_MS,
      protocol: protocolOf(url),
      outputAtMost: MAX_LIST,
    })
    const why = this.shown(faultOf(listed))
    return why === undefined ? { ids: /^[0-9a-f]*/.exec(listed.stdout)?.[0].length ?? 0 } : { why }
  }

  /** Looks at all objects of the mirror. It takes minutes for a large one, and is done after a kill or a fault alone. */
  protected async isWhole(signal: AbortSignal): Promise<boolean> {
    // No other git works here: a lock is of one that was killed.
    for (const name of readdirSync(this.path, { recursive: true, encoding: 'utf8' }))
      if (name.endsWith('.lock')) rmSync(join(this.path, name), { force: true })
    const checked = await this.git.ask(
      [`--git-dir=${this.path}`, 'fsck', '--no-progress', '--no-dangling', '--no-reflogs'],
      { signal, within: FETCH_WITHIN_MS, outputAtMost: MAX_LIST },
    )
    // Without an answer it stays unsure, and is not thrown away.
    if (checked.exitCode === undefined) throw new Error(faultOf(checked))
    this.isChecked = checked.exitCode === 0
    if (this.isChecked) rmSync(this.unsure, { force: true })
    return this.isChecked
  }

  private async locateNow(ref: string, after: string, signal: AbortSignal): Promise<Located> {
    const own = this.own(signal)
    const listed = await own('for-each-ref', '--format=%(refname) %(objectname)', '--', ref)
    if (listed.exitCode !== 0) return unknown(faultOf(listed))
    const [, at] =
      listed.stdout
        .split('\n')
        .map((line) => line.split(' '))
        .find(([name]) => name === ref) ?? []
    if (at === undefined) return { kind: 'elsewhere', why: `${nameRef(ref)} is no more` }
    const tip = await own('rev-parse', '--verify', '--quiet', `${at}^{commit}`)
    if (tip.exitCode !== 0)
      return isTag(ref)
        ? { kind: 'elsewhere', why: `${nameRef(ref)} is at no commit` }
        : unknown(faultOf(tip))
    const commit = tip.stdout.trim()
    if (after === commit || (isTag(ref) && after === at)) return { kind: 'there', commit }
    const moved = { kind: 'elsewhere', why: `${nameRef(ref)} is at ${shortId(commit)} now` } as const
    if (isTag(ref)) return moved
    const kind = await own('cat-file', '-t', after)
    if (kind.exitCode === 0 && kind.stdout.trim() === 'commit') {
      const { exitCode } = await own('merge-base', '--is-ancestor', after, commit)
      if (exitCode === 0) return { kind: 'there', commit: after }
      if (exitCode === 1)
        return { kind: 'elsewhere', why: `${moved.why}, and ${shortId(after)} is not before it` }
    }
    // A commit is missing for sure only where all others can be read.
    const walked = await own('rev-list', '--quiet', commit)
    if (walked.exitCode === 0)
      return { kind: 'elsewhere', why: `${moved.why}, and has no commit ${shortId(after)}` }
    this.doubt()
    return unknown(faultOf(walked))
  }

  private async checkOutNow(commit: string, into: string, signal: AbortSignal): Promise<CheckedOut> {
    if (!(await this.has(commit, signal))) {
      const fetched = await this.fetchNow(signal)
      if (fetched.kind === 'away') return fault(fetched.why)
      if (!(await this.has(commit, signal)))
        return { kind: 'gone', why: `the repository has no commit ${shortId(commit)} any more` }
    }
    const why = await this.copyOut(commit, into, signal)
    if (why === undefined) return { kind: 'ready' }
    if (!signal.aborted) this.doubt()
    return fault(why)
  }

  /** Writes the files of a commit that is there into a new folder. Returns why it could not. */
  protected async copyOut(commit: string, into: string, signal: AbortSignal): Promise<string | undefined> {
    const shown = starSecret(this.repository.url)
    // No link leads from the files of a build to those of the mirror.
    const steps = [
      [
        'clone',
        '--quiet',
        '--local',
        '--no-hardlinks',
        '--no-checkout',
        '--template=',
        '--',
        this.path,
        into,
      ],
      ['-C', into, 'config', 'remote.origin.url', shown],
      ['-C', into, 'checkout', '--quiet', '--detach', '--force', '--no-recurse-submodules', commit],
    ]
    for (const step of steps) {
      const why = await this.ask(step, { signal, within: FETCH_WITHIN_MS, isPlain: true })
      if (why !== undefined) return why
    }
    const head = await readHead(this.git, into, signal)
    return head === commit ? undefined : `git checked out ${head ?? 'no commit'}`
  }

  protected async has(commit: string, signal: AbortSignal): Promise<boolean> {
    if (!existsSync(this.path)) return false
    return (await this.own(signal)('cat-file', '-e', `${commit}^{commit}`)).exitCode === 0
  }

  protected doubt(): void {
    writeFileSync(this.unsure, '', { mode: 0o600 })
  }

  protected own(signal: AbortSignal) {
    return (...args: string[]) => this.git.ask([`--git-dir=${this.path}`, ...args], { signal })
  }

  private async ask(args: readonly string[], limits: GitLimits): Promise<string | undefined> {
    return this.shown(faultOf(await this.git.ask(args, limits)))
  }

  protected shown(why: string | undefined): string | undefined {
    return why === undefined ? undefined : this.redact(why)
  }
}

/** Returns the commit that is checked out in a folder; undefined where git cannot tell. */
export async function readHead(git: Git, folder: string, signal: AbortSignal): Promise<string | undefined> {
  const args = [`--git-dir=${join(folder, '.git')}`, 'rev-parse', '--verify', '--quiet', 'HEAD^{commit}']
  const { exitCode, stdout } = await git.ask(args, { signal, isPlain: true })
  return exitCode === 0 ? stdout.trim() : undefined
}

export function away(why: string): Fetched {
  return { kind: 'away', why }
}

function unknown(why = 'git did not say why'): Located {
  return { kind: 'unknown', why }
}

export function fault(why: string): CheckedOut {
  return { kind: 'fault', why }
}
