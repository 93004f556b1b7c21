import { MAX_TAGS_TOLD } from '../../../rpc/contracts/git'
import type { CommandRunner } from '../../../system/command'
import type { HostFiles } from '../../../system/host_files'
import { redactor } from '../../../system/redaction'
import { dropSecret, secretsIn } from '../../../system/url_secret'
import { DeployFailed, type FetchWanted, type GitRepository, type GitStatus } from '../../git'
import { complaint, LOOK_WITHIN, toItsEnd } from '../programs'
import type { FolderLooks } from './folder_looks'
import { gitProgram } from './git_program'
import { judgeLink, placesIn } from './places'
import { Releases } from './releases'
import { findScript, runScript, ScriptUnheard } from './scripts'
import type { RepositorySettings } from './settings'
import { judgeServed, type Switch, type SwitchRecord } from './switch_record'
import { fetchTags, readTags } from './tags'

export interface RepositoryParts {
  settings: RepositorySettings
  /** Runs programs as the user of the files. */
  run: CommandRunner
  /** The files of the host, and looks at them, as the user by whom the daemon or its session works. */
  files: HostFiles
  looks: FolderLooks
  record: SwitchRecord
  now: () => number
  newId: () => string
}

/** Returns a repository on this host: bare, with its releases beside it, and a link to the one that is served. */
export function hostRepository(parts: RepositoryParts): GitRepository {
  const { settings, run, files, looks, record, now, newId } = parts
  const { url, keep, within } = settings
  const places = placesIn(settings.folder)
  const shownUrl = dropSecret(url)
  const redact = redactor(secretsIn(url))
  const git = gitProgram(run, places.repository, url)
  const releases = new Releases({ places, run, files, looks, git, newId })
  const seconds = () => Math.floor(now() / 1000)
  const served = async () => {
    const { hasRepository, link } = await looks.atServed(places)
    return { hasRepository, current: judgeLink(link, places) }
  }

  const status = async (tag: string | undefined, signal: AbortSignal): Promise<GitStatus> => {
    const { switches, fetchedAt } = await record.read()
    const { hasRepository, current } = await served()
    const commit = current.kind === 'release' ? current.commit : undefined
    // Both at once: a host that is reached over a network answers the one while it works on the other.
    const [tags, changes] = await Promise.all([
      tag === undefined || !hasRepository ? undefined : readTags(git, signal, tag),
      commit === undefined ? undefined : releases.changes(commit, signal),
    ])
    const standing = commit === undefined ? undefined : judgeServed(commit, switches)
    return {
      commit,
      tag: standing?.tag,
      before: standing?.before,
      whole: standing?.whole ?? false,
      changes,
      problem: 'why' in current ? current.why : standing?.problem,
      tagCommit: tags?.own.get(tag ?? ''),
      serverCommit: tags?.server.get(tag ?? ''),
      fetchedAt,
      url: shownUrl,
    }
  }

  const makeRepository = async () => {
    const program = toItsEnd(run)
    const made = await program('mkdir', ['-p', '--', places.repository, places.releases], {
      within: LOOK_WITHIN,
    })
    if (made.exitCode !== 0) throw complaint('mkdir', made, /^mkdir: /)
    await git.git(['init', '--quiet', '--bare', '--template='], { within: LOOK_WITHIN })
  }

  const serve = async (tag: string, commit: string, signal: AbortSignal) => {
    const { current } = await served()
    if (current.kind === 'no link')
      throw new DeployFailed(`${current.why}; a deploy replaces nothing but a link`)
    const previous = current.kind === 'release' ? current.commit : undefined
    if (!(await releases.has(commit))) await releases.build(commit, signal)
    await refuseChanged(commit, signal)
    const release = releases.pathOf(commit)
    // Both are looked for before anything is switched.
    const find = async (written: string | undefined) =>
      written === undefined ? undefined : findScript(written, release, looks)
    const pre = await find(settings.pre)
    const post = await find(settings.post)
    const env = {
      TAG: tag,
      COMMIT: commit,
      PREVIOUS: previous ?? '',
      REPOSITORY: settings.name,
      RELEASE: release,
      FOLDER: settings.folder,
    }
    const runOne = (called: string, path: string | undefined) =>
      path === undefined
        ? Promise.resolve()
        : runScript(run, redact, { called, path, release, env, within, signal })
    try {
      await runOne('pre script', pre)
      await refuseChanged(commit, signal, 'the pre script changed files of the release')
    } catch (error) {
      // What a failed script has left half done is not what the next deploy begins with. One that may run keeps its files.
      if (commit !== previous && !(error instanceof ScriptUnheard)) await releases.discard(commit)
      const { message, output = '' } = error as Error & { output?: string }
      throw new DeployFailed(`${message}; nothing was switched`, output)
    }
    signal.throwIfAborted()
    const { switches } = await record.read()
    const earlier = switches.filter(({ stage }, index) => stage !== 'begun' || index < switches.length - 1)
    const write = (stage: Switch['stage']) =>
      record.change(({ fetchedAt }) => ({
        switches: [...earlier, { commit, tag, stage, at: seconds() }],
        fetchedAt,
      }))
    await write('begun')
    await releases.switchTo(commit)
    await write('switched')
    await runOne('post script', post)
    await write('whole')
    const recent = [...earlier].reverse().map((each) => each.commit)
    await releases.prune(keep, recent, previous === undefined ? [commit] : [commit, previous])
  }

  const refuseChanged = async (
    commit: string,
    signal: AbortSignal,
    what = `the release folder ${releases.pathOf(commit)} is not as the commit is`,
  ) => {
    const changes = await releases.changes(commit, signal)
    if (changes.length > 0) throw new DeployFailed(`${what}: ${changes.slice(0, 3).join(', ')}`)
  }

  return {
    async tags(tag, signal) {
      const { fetchedAt } = await record.read()
      const { hasRepository } = await looks.atServed(places)
      const own = hasRepository ? (await readTags(git, signal, tag)).own : new Map<string, string>()
      return { tags: new Map([...own].slice(0, MAX_TAGS_TOLD)), count: own.size, fetchedAt, url: shownUrl }
    },
    status,
    async fetch(wanted: FetchWanted, signal) {
      await makeRepository()
      const fetched = await fetchTags(git, { url, repository: places.repository }, wanted, signal)
      const fetchedAt = seconds()
      await record.change((before) => ({ ...before, fetchedAt }))
      return { ...fetched, fetchedAt, url: shownUrl }
    },
    deploy: serve,
  }
}
