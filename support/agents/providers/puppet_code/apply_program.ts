import { existsSync, readFileSync, rmSync } from 'node:fs'
import { mkdir, rm } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { makeFolder } from '../../../system/folders'
import { writeWhole } from '../../../system/whole_file'
import type { CommandRunner } from '../../../system/command'
import type { AppliedReport, ApplyOrder, FoundCode, PuppetCode } from '../../puppet_code'
import { complaint, LOOK_WITHIN, toItsEnd } from '../programs'
import { readTree, rootAlone, type TreeGuard } from './code_tree'
import { readModules } from './modules'
import { catalogFolder, hasCatalog } from './own_catalogs'
import { countResources, whyNoReport, readOwnReport } from './own_report'
import { hasProcess } from './process_arguments'
import { ORDER, orderedAt, orderIn, RUN, runsIn, type Ordered } from './records'

/** A folder of code, as the host's own configuration has it. Nothing of it comes from a message. */
export interface CodeSettings {
  name: string
  folder: string
}

export interface ApplyParts {
  program: string
  run: CommandRunner
  folders: readonly CodeSettings[]
  /** The folder of what runs leave: their reports, and the code of the last one. */
  records: string
  /** Returns the file by which puppet keeps a second run from beginning. */
  lockFile: () => Promise<string>
  guard?: TreeGuard
}

/** Runs of which something is kept. */
const MAX_RUNS = 5
/**
 * Puts the process into the background, with puppet's own lock, so that puppet's daemon begins no run meanwhile. The lock
 * has the number of the process that becomes puppet. It is there before puppet is.
 */
const IN_BACKGROUND = `lock=$1 log=$2
shift 2
{
  /bin/sh -c 'set -C; lock=$1; shift; echo $$ >"$lock" || exit 75; exec "$@"' lockstep "$lock" "$@" &
  pid=$!
  wait $pid
  if [ "$(cat "$lock" 2>/dev/null)" = "$pid" ]; then rm -f "$lock"; fi
} </dev/null >"$log" 2>&1 &`

/**
 * Returns the puppet code of a host, applied by `puppet apply`. That knows no name of a run, so each run writes its report
 * to a file of its own. It applies a copy, which is made while the digest is: no other code than that.
 */
export function applyProgram(parts: ApplyParts): PuppetCode {
  const { records, folders } = parts
  const find = (name: string | undefined): CodeSettings => {
    const [only, ...more] = folders
    const found = name === undefined && more.length === 0 ? only : folders.find((each) => each.name === name)
    if (found !== undefined) return found
    const known = folders.map((each) => each.name).join(', ')
    throw new Error(
      name === undefined
        ? `This host has the puppet code of several applications: ${known}; say of which, as in: I apply the puppet code of ${only?.name}`
        : `This host’s configuration names no puppet code of ${name}; it names that of ${known}`,
    )
  }
  // The last run counts although it has left no report: an older report would say nothing of it.
  const last = () => {
    const [run] = runsIn(records).filter((each) => hasProcess(ordered(join(records, each))) !== true)
    return run === undefined ? undefined : reportOf(records, run)
  }
  return {
    async look(name, signal) {
      const { name: code, folder: written } = find(name)
      const folder = rootAlone(written, parts.guard)
      const tree = await readTree(folder, { signal, ...guarded(parts) })
      return { code, folder, ...tree, ...readModules(folder) } satisfies FoundCode
    },
    async apply(order, signal) {
      if (!RUN.test(order.run)) throw new Error('The order has no name that a folder could have')
      return begin(order, find(order.code), parts, signal)
    },
    report(run) {
      if (run === undefined) return last()
      return RUN.test(run) ? reportOf(records, run) : undefined
    },
    isGoing: (run) => hasProcess(ordered(join(records, run))),
  }
}

async function begin(
  order: ApplyOrder,
  { name, folder }: CodeSettings,
  parts: ApplyParts,
  signal: AbortSignal,
): Promise<string> {
  const { records, program } = parts
  const at = join(records, order.run)
  const environment = name.replaceAll('-', '_')
  const own = join(at, 'environments', environment)
  const lock = await parts.lockFile()
  await clear(records)
  await mkdir(at, { mode: 0o700 })
  try {
    await mkdir(dirname(own), { mode: 0o700 })
    const { digest } = await readTree(rootAlone(folder, parts.guard), { to: own, signal, ...guarded(parts) })
    if (digest !== order.digest)
      throw new Error(
        `The code of ${name} is sha256:${digest} now, and sha256:${order.digest} was looked at: nothing was applied; look at it again`,
      )
    const environmentArgs = argumentsOf(at, environment)
    const { manifest, hasVersion } = await expectOwnPaths(own, environmentArgs, parts)
    const made: Ordered = { code: name, digest, noop: order.noop, hasVersion, environment }
    writeWhole(join(at, ORDER), `${JSON.stringify(made)}\n`, 0o600)
    makeFolder(dirname(lock))
    // A lock whose process has gone is no lock: puppet takes it away as well.
    if (!isAlive(lock)) rmSync(lock, { force: true })
    const args = [
      'apply',
      ...ordered(at),
      ...FIXED,
      ...environmentArgs,
      ...(order.noop ? ['--noop'] : keptIn(at)),
      manifest,
    ]
    const begun = await toItsEnd(parts.run)(
      '/bin/sh',
      ['-c', IN_BACKGROUND, 'lockstep', lock, join(at, 'log'), program, ...args],
      {
        within: LOOK_WITHIN,
      },
    )
    if (begun.exitCode !== 0) throw complaint('/bin/sh', begun, /./)
    return `Started ${program} apply in the background, of ${name}, sha256:${digest}`
  } catch (error) {
    await rm(at, { recursive: true, force: true })
    throw error
  }
}

/**
 * Settings that a host’s puppet.conf may have otherwise, and by which another catalog than that of the code would be
 * applied: one that was kept, one of a server, or one with the classes of a classifier.
 */
const FIXED = [
  '--color=false',
  '--no-splay',
  '--no-show_diff',
  '--node_terminus=plain',
  '--catalog_terminus=compiler',
  '--catalog_cache_terminus=',
  '--no-use_cached_catalog',
]

/** Returns the options by which a run is told from others, among processes too. */
function ordered(folder: string): string[] {
  return ['--lastrunreport', join(folder, 'report.yaml')]
}

/** Returns the options by which a run keeps its catalog, in a folder where no other one can be found. */
function keptIn(at: string): string[] {
  return ['--catalog_cache_terminus=json', '--client_datadir', catalogFolder(at)]
}

/** Returns the options by which no modules are found but those of the code, and nothing that a master has left. */
function argumentsOf(at: string, environment: string): string[] {
  return [
    '--environmentpath',
    join(at, 'environments'),
    '--environment',
    environment,
    '--basemodulepath',
    join(at, 'environments', environment, 'modules'),
    '--libdir',
    join(at, 'lib'),
    '--factpath',
    join(at, 'lib', 'facter'),
  ]
}

/** Expects that puppet itself finds nothing but the copy: environment.conf may name other folders. */
async function expectOwnPaths(
  own: string,
  environmentArgs: readonly string[],
  { run, program }: ApplyParts,
): Promise<{ manifest: string; hasVersion: boolean }> {
  const args = ['config', 'print', ...environmentArgs, 'modulepath', 'manifest', 'config_version']
  const ended = await toItsEnd(run)(program, args, { within: LOOK_WITHIN })
  if (ended.exitCode !== 0) throw complaint(program, ended, /Error/)
  const told = (name: string) => new RegExp(`^${name} =[ ]?(.*)$`, 'm').exec(ended.stdout)?.[1]
  const [modulepath, manifest] = [told('modulepath'), told('manifest')]
  if (modulepath === undefined || manifest === undefined)
    throw new Error(`${program} does not say its modulepath and manifest`)
  const isOdd = (path: string) => !`${path}/`.startsWith(`${own}/`) || /\/(?:\.\.|\.git)\//.test(`${path}/`)
  const odd = [...modulepath.split(':'), manifest].find(isOdd)
  if (odd !== undefined)
    throw new Error(
      `Its environment.conf leads to ${odd}, which is not within the code: such a path has to be relative, as in modulepath = site:modules`,
    )
  if (!existsSync(manifest))
    throw new Error(`The code has no ${manifest.slice(own.length + 1)}: there is nothing to apply`)
  return { manifest, hasVersion: (told('config_version') ?? '') !== '' }
}

/** Returns what a run has left; undefined where there is no such run. */
function reportOf(records: string, run: string): AppliedReport | undefined {
  const at = join(records, run)
  const order = orderIn(at)
  if (order === undefined) return undefined
  const path = join(at, 'report.yaml')
  const report = readOwnReport(path)
  const began = new Date(orderedAt(records, run)).toISOString()
  if (report.found === 'none')
    return { found: 'unreadable', began, problem: `was not written: ${whyNoReport(join(at, 'log'))}` }
  if (report.found !== 'whole') return { ...report, began }
  if (report.environment !== order.environment)
    return {
      found: 'unreadable',
      began,
      problem: `is of the environment ${report.environment}, and not of ${order.environment}`,
    }
  return {
    ...report,
    run,
    // Without config_version, puppet takes the time of the compilation.
    config_version: order.hasVersion ? report.config_version : `sha256:${order.digest}`,
    code: order.code,
    digest: order.digest,
    resources: countResources(path),
  }
}

/** Removes what older runs have left: of the last ones their code, and the catalogs that later ones have replaced. */
async function clear(records: string): Promise<void> {
  makeFolder(records, 0o700)
  const over = runsIn(records).filter((run) => hasProcess(ordered(join(records, run))) !== true)
  const kept = new Set<string>()
  for (const [index, run] of over.entries()) {
    const at = join(records, run)
    const order = orderIn(at)
    // What an application manages is known by the last catalog of its code, however many runs came after it.
    const isLast = order !== undefined && hasCatalog(at) && !kept.has(order.code)
    if (isLast) kept.add(order.code)
    const left = ['environments', ...(isLast ? [] : [catalogFolder('')])]
    const paths = index < MAX_RUNS || isLast ? left.map((name) => join(at, name)) : [at]
    for (const path of paths) await rm(path, { recursive: true, force: true })
  }
}

function isAlive(lock: string): boolean {
  try {
    return process.kill(Number(readFileSync(lock, 'utf8').trim()), 0)
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM'
  }
}

function guarded({ guard }: ApplyParts): { guard?: TreeGuard } {
  return guard === undefined ? {} : { guard }
}
