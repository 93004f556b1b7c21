import { resolve } from 'node:path'
import { pruneState, type Pruned } from '../history/prune_state'
import { foldersIn } from '../run/folders'
import { parseAge } from '../system/duration'
import { LockstepError } from '../system/errors'
import { HostLocks, lockSurroundings } from '../locks/host_locks'
import { excerpt } from '../system/redaction'
import { parseOptions } from './arguments'

const OPTIONS = {
  'older-than': { type: 'string', default: '90 days' },
  stopped: { type: 'boolean', default: false },
  'dry-run': { type: 'boolean', default: false },
} as const

/**
 * The least age of a run that is pruned, ms. A run of another machine is known by its journal alone, and may wait this
 * long for a person.
 */
const MIN_AGE_MS = 86_400_000

/** Removes the journals and logs of old runs that nothing depends on any more. */
export async function prune(
  cwd: string,
  args: readonly string[],
): Promise<{ text: string; exitCode: number }> {
  const { olderThan, age, stopped, dryRun } = parseAll(args)
  const context = lockSurroundings(process.env)
  const folders = foldersIn(process.env)
  const pruned = pruneState({
    state: resolve(cwd, folders.state),
    reports: resolve(cwd, folders.reports),
    olderThan,
    stopped,
    dryRun,
    now: context.now(),
    locks: await new HostLocks(context).list(),
    isAlive: (pid) => context.processStart(pid) !== undefined,
  })
  return { text: formatPruned(pruned, age, dryRun), exitCode: 0 }
}

function formatPruned({ runs, files, bytes, kept }: Pruned, age: string, dryRun: boolean): string {
  const count = (n: number, what: string) => `${n} ${what}${n === 1 ? '' : 's'}`
  const what = `${count(runs.length, 'live run')}, ${count(files.length, 'file')}, ${Math.ceil(bytes / 1024)} kB`
  const head =
    files.length === 0
      ? `Nothing that is older than ${age} can be removed.`
      : `${dryRun ? 'Would remove' : 'Removed'} what is older than ${age}: ${what}`
  const left = kept.map(({ run, why }) => `  kept ${run}: ${why}`)
  return `${[head, ...files.map((path) => `  ${path}`), ...left].join('\n')}\n`
}

function parseAll(args: readonly string[]) {
  const { 'older-than': age, stopped, 'dry-run': dryRun } = parseOptions(args, OPTIONS)
  const olderThan = parseAge(age)
  if (olderThan === undefined || olderThan < MIN_AGE_MS)
    throw new LockstepError(
      'bad-input',
      `--older-than is ${JSON.stringify(excerpt(age, 80))}; expected a day or more, such as 30d or "12 weeks"`,
    )
  return { age, olderThan, stopped, dryRun }
}
