import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { MAX_TAGS_TOLD } from '../../../rpc/contracts/git'
import type { CommandRunner } from '../../../system/command'
import { redactor } from '../../../system/redaction'
import { dropSecret, secretsIn } from '../../../system/url_secret'
import { DeployFailed, type FetchWanted, type GitRepository, type GitStatus } from '../../git'
import { complaint, LOOK_WITHIN, toItsEnd } from '../programs'
import { gitProgram } from './git_program'
import { placesIn, readCurrent } from './places'
import { Releases } from './releases'
import { findScript, runScript } from './scripts'
import type { RepositorySettings } from './settings'
import { judgeServed, type Switch, type SwitchRecord } from './switch_record'
import { fetchTags, readTags } from './tags'

export interface RepositoryParts {
  settings: RepositorySettings
  /** Runs programs as the user of the files. */
  run: CommandRunner
  record: SwitchRecord
  now: () => number
  newId: () => string
}

/** Returns a repository on this host: bare, with its releases beside it, and a link to the one that is served. */
export function hostRepository({ settings, run, record, now, newId }: RepositoryParts): GitRepository {
  const { url, keep, within } = settings
  const places = placesIn(settings.folder)
  const shownUrl = dropSecret(url)
  const redact = redactor(secretsIn(url))
  const git = gitProgram(run, places.repository, url)
  const releases = new Releases(places, run, git, newId, now)
  const seconds = () => Math.floor(now() / 1000)
  const isThere = () => existsSync(join(places.repository, 'HEAD'))

  const status = async (tag: string | undefined, signal: AbortSignal): Promise<GitStatus> => {
    const { switches, fetchedAt } = record.read()
    const current = readCurrent(places)
    const commit = current.kind === 'release' ? current.commit : undefined
    const tags = tag === undefined || !isThere() ? undefined : await readTags(git, signal, tag)
    const standing = commit === undefined ? undefined : judgeServed(commit, switches)
    return {
      commit,
      tag: standing?.tag,
      before: standing?.before,
      whole: standing?.whole ?? false,
      changes: commit === undefined ? undefined : await releases.changes(commit, signal),
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
    const current = readCurrent(places)
    if (current.kind === 'no link')
      throw new DeployFailed(`${current.why}; a deploy replaces nothing but a link`)
    const served = current.kind === 'release' ? current.commit : undefined
    if (!releases.has(commit)) await releases.build(commit, signal)
    await refuseChanged(commit, signal)
    const release = releases.pathOf(commit)
    // Both are looked for before anything is switched.
    const [pre, post] = [settings.pre, settings.post].map((written) =>
      written === undefined ? undefined : findScript(written, release),
    )
    const env = {
      TAG: tag,
      COMMIT: commit,
      PREVIOUS: served ?? '',
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
      // What a failed script has left half done is not what the next deploy begins with.
      if (commit !== served) await releases.discard(commit)
      const { message, output = '' } = error as Error & { output?: string }
      throw new DeployFailed(`${message}; nothing was switched`, output)
    }
    signal.throwIfAborted()
    const { switches, fetchedAt } = record.read()
    const earlier = switches.filter(({ stage }, index) => stage !== 'begun' || index < switches.length - 1)
    const write = (stage: Switch['stage']) =>
      record.write({ switches: [...earlier, { commit, tag, stage, at: seconds() }], fetchedAt })
    write('begun')
    await releases.switchTo(commit)
    write('switched')
    await runOne('post script', post)
    write('whole')
    const recent = [...earlier].reverse().map((each) => each.commit)
    await releases.prune(keep, recent, served === undefined ? [commit] : [commit, served])
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
      const { fetchedAt } = record.read()
      const own = isThere() ? (await readTags(git, signal, tag)).own : new Map<string, string>()
      return { tags: new Map([...own].slice(0, MAX_TAGS_TOLD)), count: own.size, fetchedAt, url: shownUrl }
    },
    status,
    async fetch(wanted: FetchWanted, signal) {
      await makeRepository()
      const fetched = await fetchTags(git, { url, repository: places.repository }, wanted, signal)
      const fetchedAt = seconds()
      record.write({ ...record.read(), fetchedAt })
      return { ...fetched, fetchedAt, url: shownUrl }
    },
    deploy: serve,
  }
}
