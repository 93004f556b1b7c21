import { mkdirSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import type { RefChange } from '../pipeline/push'
import type { ChangedFile } from './changed_files'
import { checkEach } from './check_each'
import type { Checker, FileToCheck } from './checker'
import type { Limits } from './limits'
import { printable } from './printable'
import type { PushedObjects } from './pushed_objects'
import type { Remark } from './remark'

/** A remark about one file of a push; `path` and `commit` are undefined where it is about the push. */
export interface PlacedRemark extends Remark {
  path: string | undefined
  commit: string | undefined
}

/** The outcome of the check of a push. An error among the remarks refuses it. */
export interface Verification {
  remarks: readonly PlacedRemark[]
  /** The number of different files that a checker has read. */
  files: number
}

/** The means by which a push is checked. */
export interface Verifier {
  objects: PushedObjects
  checkers: readonly Checker[]
  /** The names of the checkers whose errors are only shown. */
  onlyWarn: readonly string[]
  /** The names of the checkers that are left out. */
  skipped: readonly string[]
  limits: Limits
  /** A folder that is empty, for the files. */
  scratch: string
  signal: AbortSignal
}

/**
 * Checks each file of each new commit of a push: not of the last one alone, since any of them can be checked out later.
 * All that cannot be checked is an error.
 * @throws Error where git or the machine is at fault
 */
export async function verifyPush(changes: readonly RefChange[], verifier: Verifier): Promise<Verification> {
  const { objects, limits } = verifier
  const made = changes.filter(({ after }) => after !== undefined)
  const tips = await objects.commitsOf(made.map(({ after }) => after ?? ''))
  const refs = made.flatMap(({ ref }, index) => faultOfRef(ref, tips[index]))
  if (refs.length > 0) return { remarks: refs.map(aboutPush), files: 0 }
  const known = [...new Set(tips.flatMap((tip) => tip ?? []))]
  const commits = known.length === 0 ? [] : await objects.newCommits(known, limits.commits)
  if (commits.length > limits.commits)
    return tooMuch(`it has more than ${limits.commits} new commits: push them in several parts`)
  const { works, remarks, count, paths } = await findWork(commits, verifier)
  if (paths > limits.paths)
    return tooMuch(`more than ${limits.paths} paths are changed: push fewer commits at a time`)
  if (count > limits.files)
    return tooMuch(
      `more than ${limits.files} different files are to be checked: push fewer commits at a time`,
    )
  return checkAll(works, remarks, verifier)
}

function faultOfRef(ref: string, commit: string | undefined): string[] {
  const name = printable(ref)
  if (ref.startsWith('refs/replace/'))
    return [`${name} would show other files than those that are checked: git replaces objects by such refs`]
  return commit === undefined ? [`${name} is at no commit, and what it is at cannot be checked`] : []
}

function tooMuch(message: string): Verification {
  return { remarks: [aboutPush(message)], files: 0 }
}

function aboutPush(message: string): PlacedRemark {
  return { severity: 'error', line: undefined, message, path: undefined, commit: undefined }
}

const LINK = 'a symbolic link: what it leads to is not known here; expected a file'

/** The files for one checker, each content once under each kind of name. */
interface Work {
  checker: Checker
  files: Map<string, ChangedFile & { ends: string }>
}

async function findWork(commits: readonly string[], { objects, checkers, limits, onlyWarn }: Verifier) {
  const works = checkers.map((checker): Work => ({ checker, files: new Map() }))
  const remarks = new Map<string, PlacedRemark>()
  let count = 0
  const remark = ({ path, commit }: ChangedFile, severity: Remark['severity'], message: string) => {
    const key = `${path} ${message}`
    // Several checkers take some files: an error of one counts, where another only shows it.
    if (remarks.size <= limits.files && remarks.get(key)?.severity !== 'error')
      remarks.set(key, { severity, line: undefined, message, path, commit })
  }
  let paths = 0
  await objects.changedFiles(commits, (file) => {
    paths += 1
    if (file.kind === 'submodule') remark(file, 'warning', 'a submodule; its files are not checked')
    else consider(file)
    return paths <= limits.paths && count <= limits.files
  })
  return { works, remarks: [...remarks.values()], count, paths }

  function consider(file: ChangedFile): void {
    for (const { checker, files } of works) {
      const ends = checker.takes(file.path)
      if (ends === undefined) continue
      if (file.kind === 'link') {
        remark(file, severityOf(checker, onlyWarn), LINK)
        continue
      }
      const key = `${file.blob}${ends}`
      if (!files.has(key) && files.size <= limits.files) files.set(key, { ...file, ends })
      count = Math.max(count, files.size)
    }
  }
}

async function checkAll(
  works: readonly Work[],
  before: readonly PlacedRemark[],
  verifier: Verifier,
): Promise<Verification> {
  const remarks = [...before]
  const read = new Set<string>()
  let bytes = 0
  for (const { checker, files: all } of works) {
    const lack = lackOf(checker, all.size, verifier)
    if (lack !== undefined) {
      remarks.push(lack)
      continue
    }
    const { small, large } = await sizeUp([...all.values()], checker, verifier)
    remarks.push(...soften(large, checker, verifier))
    bytes += small.reduce((sum, { size }) => sum + size, 0)
    if (bytes > verifier.limits.bytes)
      return tooMuch(
        `the files to be checked have more than ${verifier.limits.bytes} bytes: push fewer commits at a time`,
      )
    small.forEach(({ blob }) => read.add(blob))
    remarks.push(...(await check(small, checker, verifier)))
  }
  return { remarks: withoutRepeats(remarks), files: read.size }
}

/** Says why files are not checked at all: the server is set up so, or lacks a program, which refuses the push. */
function lackOf(checker: Checker, count: number, { skipped }: Verifier): PlacedRemark | undefined {
  if (count === 0) return undefined
  const files = `${count} ${count === 1 ? 'file is' : 'files are'} not checked by ${checker.name}`
  if (skipped.includes(checker.name))
    return {
      ...aboutPush(`${files}: the hook is installed with --skip ${checker.name}`),
      severity: 'warning',
    }
  const lack = checker.lacks?.()
  return lack === undefined
    ? undefined
    : aboutPush(`${files}: ${lack}; install it, or install the hook with --skip ${checker.name}`)
}

/** Several checkers may say the same of a file; an error of one counts, where another only shows it. */
function withoutRepeats(remarks: readonly PlacedRemark[]): PlacedRemark[] {
  const all = new Map<string, PlacedRemark>()
  for (const remark of remarks) {
    const { path, commit, line, message } = remark
    const key = JSON.stringify([path, commit, line, message])
    if (all.get(key)?.severity !== 'error') all.set(key, remark)
  }
  return [...all.values()]
}

type Sized = ChangedFile & { ends: string; size: number }

async function sizeUp(
  files: readonly (ChangedFile & { ends: string })[],
  { maxBytes }: Checker,
  { objects }: Verifier,
) {
  const sizes = files.length === 0 ? [] : await objects.sizesOf(files.map(({ blob }) => blob))
  const sized = files.map((file, index): Sized => ({ ...file, size: sizes[index] ?? 0 }))
  const large = sized
    .filter(({ size }) => size > maxBytes)
    .map((file) => about(file, `it has ${file.size} bytes; at most ${maxBytes} can be checked`))
  return { small: sized.filter(({ size }) => size <= maxBytes), large }
}

/** Writes the files below names of our own, has them checked, and expects an answer for each of them. */
async function check(files: readonly Sized[], checker: Checker, verifier: Verifier): Promise<PlacedRemark[]> {
  if (files.length === 0) return []
  const folder = join(verifier.scratch, checker.name)
  mkdirSync(folder, { mode: 0o700 })
  const faults: PlacedRemark[] = []
  /** A check that failed says nothing of its files, so it is an error with any settings. */
  const failures: PlacedRemark[] = []
  const written: FileToCheck[] = []
  await verifier.objects.contents(
    files.map(({ blob: id, size }) => ({ id, size })),
    (content, index) => {
      const file = files[index]
      if (file === undefined) return
      if (!isText(content)) return void faults.push(about(file, 'it is no text in UTF-8'))
      const name = `${index}${file.ends}`
      mkdirSync(dirname(join(folder, name)), { recursive: true, mode: 0o700 })
      writeFileSync(join(folder, name), content, { flag: 'wx', mode: 0o600 })
      written.push({ ...file, name })
    },
  )
  if (written.length === 0) return soften(faults, checker, verifier)
  const where = { folder, signal: verifier.signal }
  const { withinMs } = verifier.limits
  const times = { togetherMs: withinMs / 2, aloneMs: withinMs / 20 }
  const { remarks: found, atFault, failure } = await checkEach(checker, written, where, times)
  for (const file of written) {
    const why = atFault.get(file.name)
    if (why !== undefined) failures.push(about(file, `it could not be checked: ${why}`))
  }
  const missed = written.filter(({ name }) => !found.has(name) && !atFault.has(name))
  if (missed.length > 0) failures.push(aboutPush(formatMissed(missed, failure ?? 'there was no answer')))
  // An end that is not in order counts, also where all files were answered for.
  else if (failure !== undefined && atFault.size === 0)
    failures.push(aboutPush(`the check ${checker.name} did not end in order: ${failure}`))
  for (const file of written)
    for (const each of found.get(file.name) ?? [])
      faults.push({ ...each, path: file.path, commit: file.commit })
  return [...failures, ...soften(faults, checker, verifier)]
}

const MAX_NAMED = 10

function formatMissed(files: readonly FileToCheck[], why: string): string {
  const named = files.slice(0, MAX_NAMED).map(({ path }) => printable(path))
  const more = files.length > named.length ? [`${files.length - named.length} more`] : []
  return `not checked: ${[...named, ...more].join(', ')}: ${why}`
}

function about({ path, commit }: ChangedFile, message: string): PlacedRemark {
  return { severity: 'error', line: undefined, message, path, commit }
}

function severityOf({ name }: Checker, onlyWarn: readonly string[]): Remark['severity'] {
  return onlyWarn.includes(name) ? 'warning' : 'error'
}

function soften(remarks: readonly PlacedRemark[], { name }: Checker, { onlyWarn }: Verifier): PlacedRemark[] {
  return remarks.map((each) => (onlyWarn.includes(name) ? { ...each, severity: 'warning' } : each))
}

function isText(content: Buffer): boolean {
  if (content.includes(0)) return false
  try {
    new TextDecoder('utf-8', { fatal: true }).decode(content)
    return true
  } catch {
    return false
  }
}
