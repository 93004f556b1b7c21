import {
  closeSync,
  existsSync,
  mkdirSync,
  openSync,
  readdirSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs'
import { basename, join } from 'node:path'
import type { SvnSettings } from '../config/svn_setting'
import { LockstepError } from '../system/errors'
import { makeFolder } from '../system/folders'
import { excerpt } from '../system/redaction'
import type { RecordedChange } from './events'
import { faultOf, type Git } from './git'
import { away, fault, Mirror, type CheckedOut, type Fetched } from './mirror'
import { readProgress, saveProgress, type SvnProgress } from './svn_progress'
import { compareRefs, IGNORED_REFS, KEPT_REFS, nameLine, type Refs, type SvnLine } from './svn_refs'
import type { SvnRepository } from './svn_repository'

/** A revision to be taken, and who committed it. */
export interface Taking {
  revision: number
  by: string | undefined
}

/** The branches and tags that a revision has moved. */
export interface Moved extends Taking {
  changes: readonly RecordedChange[]
}

export interface SvnMirrorParts {
  repository: { name: string; url: string }
  settings: SvnSettings
  /** The folder of mirrors. */
  folder: string
  git: Git
  svn: SvnRepository
  /** Tells an operator of what starts nothing, or begins anew. */
  onTrouble(sentence: string): void
}

const FETCH_WITHIN_MS = 1_800_000
const MAX_LIST = 64 * 1024 * 1024
const MAX_SHOWN = 80
/** Folders and files that git refuses to have in a commit. git svn would end at the first of them. */
const IGNORED_PATHS = String.raw`(?:^|/)(?i:\.git|git~1)[ .]*(?:/|:|$)`

/**
 * The git mirror of a Subversion repository: each revision is a commit on each line that it has changed. The commits do not
 * depend on the address, so that a mirror that is made anew has the same ones. Its branches and tags are those of the last
 * revision that was taken, and not of the last one that git svn has fetched.
 */
export class SvnMirror extends Mirror {
  private readonly progress: string
  /** How often the repository is being asked, or waits for that. */
  private asking = 0
  /** True since an operator was told that there is nothing to follow. */
  private isEmptyKnown = false

  constructor(private readonly parts: SvnMirrorParts) {
    super(parts.repository, parts.folder, parts.git)
    this.progress = join(parts.folder, `${parts.repository.name}.svn.json`)
  }

  /**
   * Takes all up to a revision that is not taken yet: `take` has what it has moved on disk when it resolves. One that was
   * taken before changes nothing; the first one of all is compared with the one before it.
   * @throws LockstepError `journal-failed` by `take`, and `bad-config`
   */
  async advance(
    taking: Taking,
    take: (moved: Moved) => Promise<void>,
    signal: AbortSignal,
  ): Promise<Fetched> {
    let failure: { error: unknown } | undefined
    const fetched = await this.whileAsking(() =>
      this.inTurn(
        signal,
        async () => {
          try {
            return await this.advanceNow(taking, take, signal)
          } catch (error) {
            // A file system is asked again; a journal is not.
            if (error instanceof LockstepError) failure = { error }
            throw error
          }
        },
        away,
      ),
    )
    if (failure !== undefined) throw failure.error
    return fetched
  }

  override fetch(signal: AbortSignal): Promise<Fetched> {
    return this.whileAsking(() => super.fetch(signal))
  }

  /**
   * Waits for no server: git svn may fetch for half an hour, and the builds of all repositories would wait with this one.
   * It adds to the mirror alone, so that a commit that is there can be copied beside it.
   */
  override async checkOut(commit: string, into: string, signal: AbortSignal): Promise<CheckedOut> {
    if (this.asking === 0) return super.checkOut(commit, into, signal)
    try {
      if (!(await this.has(commit, signal))) return fault('the Subversion repository is being fetched')
      const why = await this.copyOut(commit, into, signal)
      return why === undefined ? { kind: 'ready' } : fault(why)
    } catch (error) {
      return fault((error as Error).message)
    }
  }

  private async whileAsking<T>(work: () => Promise<T>): Promise<T> {
    this.asking += 1
    try {
      return await work()
    } finally {
      this.asking -= 1
    }
  }

  /** Makes the mirror whole, as it was at the last revision that was taken. It asks for no later one. */
  protected override async fetchNow(signal: AbortSignal): Promise<Fetched> {
    const progress = readProgress(this.progress)
    if (progress === undefined || (existsSync(this.path) && !existsSync(this.unsure)))
      return { kind: 'fetched' }
    const { revision } = progress.next ?? progress
    const reached = await this.reach(revision, signal)
    return 'why' in reached ? away(reached.why) : this.show(reached.refs, signal)
  }

  private async advanceNow(
    taking: Taking,
    take: (moved: Moved) => Promise<void>,
    signal: AbortSignal,
  ): Promise<Fetched> {
    const head = await this.parts.svn.head(signal)
    if ('why' in head) return away(head.why)
    const before = this.known(head)
    if (before !== undefined && before.next === null && taking.revision <= before.revision)
      return { kind: 'fetched' }
    const { revision, by = null } = before?.next ?? taking
    if (revision > head.youngest)
      return away(`r${revision} is not there yet: its last revision is r${head.youngest}`)
    const from = before ?? (await this.begin(revision - 1, head.uuid, signal))
    if ('why' in from) return away(from.why)
    const reached = await this.reach(revision, signal)
    if ('why' in reached) return away(reached.why)
    const { refs } = reached
    // From here on, a kill leaves it to the next process to end what was begun.
    saveProgress(this.progress, { ...from, next: { revision, refs, by } })
    const shown = await this.show(refs, signal)
    if (shown.kind === 'away') return shown
    for (const { line, why } of reached.refused)
      if (line.changedIn > from.revision)
        this.parts.onTrouble(
          `${JSON.stringify(excerpt(line.path, MAX_SHOWN))} of ${this.repository.name} starts nothing in r${revision}: it ${why}`,
        )
    const changes = compareRefs(from.refs, refs)
    if (changes.length > 0) await take({ revision, by: by ?? undefined, changes })
    saveProgress(this.progress, { ...from, revision, refs, next: null })
    // What was begun by another process was another revision.
    return revision < taking.revision ? this.advanceNow(taking, take, signal) : { kind: 'fetched' }
  }

  /** Returns the last revision that was taken. What is of another repository, or of one that has gone back, is thrown away. */
  private known(head: { uuid: string; youngest: number }): SvnProgress | undefined {
    const progress = readProgress(this.progress)
    if (progress === undefined) return undefined
    const isSame = progress.of === this.address && progress.uuid === head.uuid
    const last = (progress.next ?? progress).revision
    if (isSame && last <= head.youngest) return progress
    const why = isSame
      ? `has gone back: r${last} was taken, and its last revision is r${head.youngest}`
      : 'is another one than before'
    this.parts.onTrouble(
      `the Subversion repository ${this.repository.name} ${why}; its mirror is made anew, and begins with the next revision`,
    )
    this.remove()
    rmSync(this.progress, { force: true })
    return undefined
  }

  private async begin(revision: number, uuid: string, signal: AbortSignal) {
    const reached = await this.reach(revision, signal)
    if ('why' in reached) return reached
    return { of: this.address, uuid, revision, refs: reached.refs, next: null }
  }

  private get address(): string {
    const { address, layout } = this.parts.settings
    return `${layout} ${address}`
  }

  /** Has git svn fetch up to a revision. Returns its branches and tags, each with the commit that git svn made last on it. */
  private async reach(
    revision: number,
    signal: AbortSignal,
  ): Promise<{ refs: Refs; refused: { line: SvnLine; why: string }[] } | { why: string }> {
    if (revision === 0) return { refs: {}, refused: [] }
    makeFolder(this.folder, 0o700)
    if (existsSync(this.unsure) && existsSync(this.path)) await this.repair(signal)
    const why = (await this.make(signal)) ?? (await this.fetchUpTo(revision, signal))
    if (why !== undefined) {
      // The repository has just answered: the mirror may be what is at fault.
      if (!signal.aborted && !this.isChecked) await this.repair(signal)
      return { why }
    }
    const lines = await this.parts.svn.linesAt(revision, signal)
    if ('why' in lines) return lines
    this.tellOfEmptiness(revision, lines.length === 0)
    const kept = await this.kept(signal)
    if ('why' in kept) return kept
    const refs: Record<string, string> = {}
    const refused: { line: SvnLine; why: string }[] = []
    for (const line of lines) {
      const named = nameLine(line)
      if ('why' in named) {
        refused.push({ line, why: named.why })
        continue
      }
      const at = kept.refs.get(named.kept)
      // An older commit would be tested in the place of the one that is meant.
      if (at === undefined || at.revision < line.changedIn || at.revision > revision)
        refused.push({
          line,
          why: `was changed in r${line.changedIn}, of which git svn has made no commit; its last one is ${at === undefined ? `none${this.misread}` : `of r${at.revision}`}`,
        })
      else refs[named.shown] = at.commit
    }
    return { refs, refused }
  }

  /** Tells of a repository of which nothing can be followed: a wrong address or layout looks like one. */
  private tellOfEmptiness(revision: number, isEmpty: boolean): void {
    if (isEmpty && !this.isEmptyKnown) {
      const { address, layout } = this.parts.settings
      const [lacks, expected] =
        layout === 'trunk'
          ? [`${address} is no folder`, 'svn: the address of the trunk']
          : [
              `${address} has no folder trunk, and none below branches and tags`,
              'svn: the address of the folder that has them, or layout: trunk where it is the trunk itself',
            ]
      this.parts.onTrouble(
        `r${revision} of ${this.repository.name} starts nothing: ${lacks} that may be read here; expected ${expected}`,
      )
    }
    this.isEmptyKnown = isEmpty
  }

  /** Says why git svn may have nothing of a line that is there. */
  private get misread(): string {
    return /[%\u0080-\u{10ffff}]/u.test(this.parts.settings.address)
      ? ': it misreads a folder of the repository in whose address is % or a letter that is not of ASCII'
      : ''
  }

  /** Takes away what a git svn that was killed has left half done; a mirror that lacks something goes as a whole. */
  private async repair(signal: AbortSignal): Promise<void> {
    const own = join(this.path, 'svn')
    // It reads the files of a commit again where it has no index of them.
    for (const name of existsSync(own) ? readdirSync(own, { recursive: true, encoding: 'utf8' }) : [])
      if (basename(name) === 'index') rmSync(join(own, name), { recursive: true, force: true })
    if (!(await this.isWhole(signal))) this.remove()
  }

  private remove(): void {
    rmSync(this.path, { recursive: true, force: true })
    rmSync(this.unsure, { force: true })
  }

  /** Makes an empty mirror where there is none. Returns why it could not. */
  private async make(signal: AbortSignal): Promise<string | undefined> {
    if (existsSync(this.path)) return undefined
    const { address, layout } = this.parts.settings
    const made = `${this.path}.new`
    rmSync(made, { recursive: true, force: true })
    const begun = ['init', '--quiet', '--bare', '--template=', '--initial-branch=trunk', '--', made]
    const why = faultOf(await this.git.ask(begun, { signal, isPlain: true }))
    if (why !== undefined) return why
    const trunk = layout === 'trunk' ? '' : 'trunk'
    const settings: [string, string][] = [
      ['url', address],
      // Neither the address nor a list of authors is in a commit: it has the same id from wherever it is fetched.
      ['rewriteRoot', 'svn://lockstep'],
      ['fetch', `${trunk}:${KEPT_REFS}trunk`],
      ['ignore-paths', IGNORED_PATHS],
      ...(layout === 'trunk'
        ? []
        : ([
            ['branches', `branches/*:${KEPT_REFS}branches/*`],
            ['tags', `tags/*:${KEPT_REFS}tags/*`],
            ['ignore-refs', IGNORED_REFS],
          ] as [string, string][])),
    ]
    for (const [name, value] of settings) {
      const set = [`--git-dir=${made}`, 'config', `svn-remote.svn.${name}`, value]
      const fault = faultOf(await this.git.ask(set, { signal }))
      if (fault !== undefined) return fault
    }
    // Without it, git svn takes the mirror for one of an old version of its own.
    mkdirSync(join(made, 'svn'))
    renameSync(made, this.path)
    rmSync(this.unsure, { force: true })
    this.isChecked = false
    return undefined
  }

  private async fetchUpTo(revision: number, signal: AbortSignal): Promise<string | undefined> {
    writeFileSync(this.unsure, '', { mode: 0o600 })
    const fetched = await this.git.ask(
      [`--git-dir=${this.path}`, 'svn', 'fetch', '--quiet', '--quiet', `--revision=BASE:${revision}`],
      { signal, within: FETCH_WITHIN_MS, isPlain: true, outputAtMost: MAX_LIST },
    )
    // A git svn that has ended by itself has taken its locks away.
    if (fetched.exitCode !== undefined) rmSync(this.unsure, { force: true })
    if (fetched.exitCode === 0) this.isChecked = false
    return faultOf(fetched)
  }

  /** Returns what git svn has, with the revision of which each commit is, by its own line at the end of the message. */
  private async kept(
    signal: AbortSignal,
  ): Promise<{ refs: ReadonlyMap<string, { commit: string; revision: number }> } | { why: string }> {
    const format = '--format=%(refname)%00%(objectname)%00%(contents)%00'
    const listed = await this.git.ask([`--git-dir=${this.path}`, 'for-each-ref', format, KEPT_REFS], {
      signal,
      outputAtMost: MAX_LIST,
    })
    const why = faultOf(listed)
    if (why !== undefined) return { why }
    const parts = listed.stdout.split('\0')
    const refs = new Map<string, { commit: string; revision: number }>()
    for (let at = 0; at + 2 < parts.length; at += 3) {
      const [ref = '', commit = '', message = ''] = parts.slice(at, at + 3)
      // The message of Subversion stands above it, and may have such lines too.
      const revision = Number(/(?:^|\n)git-svn-id: .+@(\d+) [0-9a-f-]+\s*$/.exec(message)?.[1])
      if (Number.isSafeInteger(revision)) refs.set(ref.trim(), { commit, revision })
    }
    return { refs }
  }

  /** Has the mirror show these branches and tags, and no others, at once. */
  private async show(refs: Refs, signal: AbortSignal): Promise<Fetched> {
    if (!existsSync(this.path)) return { kind: 'fetched' }
    const own = this.own(signal)
    const listed = await own('for-each-ref', '--format=%(refname) %(objectname)', 'refs/heads', 'refs/tags')
    const why = faultOf(listed)
    if (why !== undefined) return away(why)
    const shown = Object.fromEntries(
      listed.stdout
        .split('\n')
        .filter((line) => line !== '')
        .map((line) => line.split(' ') as [string, string]),
    )
    const orders = compareRefs(shown, refs).map(({ ref, after }) =>
      after === null ? `delete ${ref}\n` : `update ${ref} ${after}\n`,
    )
    if (orders.length === 0) return { kind: 'fetched' }
    const path = `${this.path}.refs`
    writeFileSync(path, orders.join(''), { mode: 0o600 })
    const input = openSync(path, 'r')
    try {
      const fault = faultOf(
        await this.git.ask([`--git-dir=${this.path}`, 'update-ref', '--stdin'], { signal, input }),
      )
      return fault === undefined ? { kind: 'fetched' } : away(fault)
    } finally {
      closeSync(input)
      rmSync(path, { force: true })
    }
  }
}
