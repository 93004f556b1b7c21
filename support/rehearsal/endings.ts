import type { RehearsedFault } from '../run/errand'
import { foldHosts } from '../rollout/model/fold_hosts'
import type { HostTruth, HostEnding, Ending } from '../run/rehearsed'

/** Returns where every host ended, against where it ends when nothing goes wrong. */
export function endingsOf(truth: readonly HostTruth[], clean: readonly HostTruth[]): HostEnding[] {
  const wanted = new Map(clean.map((each) => [each.host, each]))
  return truth.map((each) => ({
    host: each.host,
    ending: endingOf(each, wanted.get(each.host)),
    unknown: each.silent,
  }))
}

/** Returns the failures of a rehearsal, each with the hosts that it is about. */
export function failuresOf(
  truth: readonly HostTruth[],
  endings: readonly HostEnding[],
  clean: readonly HostEnding[],
  exitCode: number,
): string[] {
  const where = (test: (truth: HostTruth, ending: Ending) => boolean) =>
    truth
      .filter((each, index) => test(each, endings[index]?.ending ?? 'old, untouched'))
      .map(({ host }) => host)
  const failures: string[] = []
  const fails = (what: string, hosts: readonly string[]) => {
    if (hosts.length > 0) failures.push(`${what}: ${foldHosts(hosts).join(', ')}`)
  }
  fails(
    'half-updated and in rotation',
    where((_, ending) => ending === 'half-updated, in rotation'),
  )
  fails(
    'out of rotation, and not accounted for',
    where(({ served, named }) => !served && !named),
  )
  const wanted = new Map(clean.map(({ host, ending }) => [host, ending]))
  if (exitCode === 0 || exitCode === 5)
    fails(
      'said to have passed, and has not',
      truth
        .filter(({ host, out }, index) => !out && endings[index]?.ending !== wanted.get(host))
        .map(({ host }) => host),
    )
  return failures
}

/** Returns the failure of a rehearsal whose fault has never begun: how hosts ended says nothing about it. */
export function untriedIn(truth: readonly HostTruth[], { host, during }: RehearsedFault): string[] {
  if (truth.some((each) => each.host === host && each.hasShownFault === true)) return []
  const where = during === undefined ? 'no request came to it then' : `it was at no line with "${during}"`
  return [`the fault of ${host} has not begun, so it was not rehearsed: ${where}`]
}

function endingOf({ before, after, done, served }: HostTruth, wanted: HostTruth | undefined): Ending {
  const state = stateOf(before, after, done, wanted)
  if (state === 'new') return served ? 'new, in rotation' : 'new, out of rotation'
  if (state === 'half-updated') return served ? 'half-updated, in rotation' : 'half-updated, out of rotation'
  if (!served) return 'old, out of rotation'
  return done.length > 0 ? 'old, told and not changed' : 'old, untouched'
}

function stateOf(
  before: readonly string[],
  after: readonly string[],
  done: readonly string[],
  wanted: HostTruth | undefined,
): 'new' | 'old' | 'half-updated' {
  const same = (a: readonly string[], b: readonly string[]) => a.join('\n') === b.join('\n')
  const carriedOut = new Set(done)
  const all = (wanted?.done ?? []).every((action) => carriedOut.has(action))
  if (wanted !== undefined && same(after, wanted.after) && all) return 'new'
  return same(after, before) && (done.length === 0 || !same(before, wanted?.after ?? []))
    ? 'old'
    : 'half-updated'
}
