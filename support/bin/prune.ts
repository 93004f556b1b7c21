import { resolve } from 'node:path'
import { pruneState, type Pruned } from '../history/prune_state'
import { foldersIn } from '../run/folders'
import { parseAge } from '../system/duration'
import { LockstepError } from '../system/errors'
import { HostLocks, lockSurroundings } from '../locks/host_locks'
import { excerpt } from '../system/redaction'
import type { Call, Outcome } from './command'
import { formatJson } from './json'

interface Options {
  'older-than': string | undefined
  stopped: boolean
  'dry-run': boolean
  json: boolean
}

/**
 * The least age of a run that is pruned, ms. A run of another machine is known by its journal alone, and may wait this
 * long for a person.
 */
const MIN_AGE_MS = 86_400_000

/** Removes the journals and logs of old runs that nothing depends on any more. */
export async function prune({ cwd, env, options }: Call<Options>): Promise<Outcome> {
  const { 'older-than': age = '90 days', stopped, 'dry-run': dryRun, json } = options
  const olderThan = expectAge(age)
  const context = lockSurroundings(env)
  const folders = foldersIn(env)
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
  const { runs, files, bytes, kept } = pruned
  const text = json
    ? formatJson('lockstep/prune/1', { dryRun, olderThan: age, runs, files, bytes, kept })
    : formatPruned(pruned, age, dryRun)
  return { text, exitCode: 0 }
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

function expectAge(age: string): number {
  const olderThan = parseAge(age)
  if (olderThan !== undefined && olderThan >= MIN_AGE_MS) return olderThan
  throw new LockstepError(
    'bad-input',
    `--older-than is ${JSON.stringify(excerpt(age, 80))}; expected a day or more, such as 30d or "12 weeks"`,
  )
}
