import { groupBy } from '../../system/groups'
import { asking } from '../engine/change'
import type { StepContext } from '../engine/step_context'
import type { Answer, Answers } from '../model/answers'
import { isOfRelease } from '../model/code_version'
import { NOT_RECORDED, shareOut } from '../model/managed_set'
import type { HostGateway } from '../model/obligation'
import { NOT_KNOWN } from '../model/planned_state'
import type { Reading } from '../model/reading'
import { judgeRemains, removedFrom, type Remaining, type Removed } from '../model/remains'
import type { Verdict } from '../model/verdict'
import type { ManagedBefore, Releases } from '../ports'
import { askForRemains, askForSets, type AskPuppet, type KeptCatalog, type ToldSets } from './managed_sets'
import type { EndedRun } from './puppet_wait'

/** The resources that puppet manages on hosts, and those of an earlier release that it does not manage any more. */
export class PuppetRemains {
  private readonly own: Map<string, string>
  /** The sets that were told, by their digests. */
  private readonly sets = new Map<string, readonly string[]>()

  /** `earlier` has the digest of the set that an earlier run of this rollout has left on each host. */
  constructor(
    private readonly step: Pick<StepContext, 'executor' | 'append'>,
    private readonly releases: Releases,
    earlier: ReadonlyMap<string, string>,
  ) {
    this.own = new Map(earlier)
  }

  /**
   * Writes down what the catalogs of runs that have ended manage. A catalog counts only where its id is in the report of
   * that very run: what a host had kept before is no word about it.
   */
  async record(ended: readonly EndedRun[], gateway: HostGateway): Promise<void> {
    for (const [run, runs] of groupBy(ended, (each) => each.run)) {
      const reports = new Map(
        runs.flatMap(({ host, report }) => (report === undefined ? [] : [[host, report] as const])),
      )
      const unknown = new Map<string, string>(
        runs.flatMap(({ host, report }) =>
          report === undefined ? [[host, 'its run left no report'] as const] : [],
        ),
      )
      const told =
        reports.size === 0 ? undefined : await askForSets([...reports.keys()], through(gateway), this.sets)
      const known = new Map<string, KeptCatalog>()
      for (const [host, { began }] of reports) {
        const kept = told?.catalogs.get(host)
        const why = told?.unknown.get(host)
        if (why !== undefined || kept === undefined) unknown.set(host, why ?? 'not told')
        else if (!kept.ofLastRun || kept.noop || kept.run !== run || kept.began !== began)
          unknown.set(host, 'its kept catalog is not that of the run')
        else known.set(host, kept)
      }
      await this.writeDown(run, known, unknown, told)
    }
  }

  private async writeDown(
    run: string,
    known: ReadonlyMap<string, KeptCatalog>,
    unknown: ReadonlyMap<string, string>,
    told: ToldSets | undefined,
  ): Promise<void> {
    for (const [digest, set] of told?.sets ?? []) this.sets.set(digest, set)
    const digests = hostsBy([...known].map(([host, { digest }]) => [host, digest]))
    await this.step.append({
      type: 'puppet managed',
      run,
      versions: hostsBy([...known].map(([host, { configVersion }]) => [host, configVersion])),
      digests,
      shares: shareOut(
        Object.entries(digests).map(([digest, hosts]) => ({ resources: this.sets.get(digest) ?? [], hosts })),
      ),
      unknown: hostsBy([...unknown]),
    })
    for (const host of unknown.keys()) this.own.set(host, NOT_RECORDED)
    for (const [host, { digest }] of known) this.own.set(host, digest)
  }

  /**
   * Looks whether anything is still on hosts that a release managed, and that the code that this rollout applied does
   * not. `except` names resources that may remain.
   */
  async shouldBeNone(release: string, except: readonly string[] = []): Promise<Verdict> {
    if (except.length > 0) await this.step.append({ type: 'may remain', resources: except })
    return this.step.executor.look({
      request: (hosts, gateway) => this.look(release, new Set(except), hosts, gateway),
      read: readJudged,
      // A run before this line that is only planned changes what puppet manages.
      subject: { resource: 'puppet run', judge: () => ({ passed: false, seen: NOT_KNOWN }) },
    })
  }

  private async look(
    release: string,
    except: ReadonlySet<string>,
    hosts: readonly string[],
    gateway: HostGateway,
  ): Promise<Answers> {
    const before = await this.managedBefore(release)
    const told = await askForSets(hosts, through(gateway), this.sets)
    const outcomes = new Map<string, Answer>()
    const removed = new Map<string, { removed: Removed; now: ReadonlySet<string> }>()
    for (const host of hosts) {
      const unheard = told.unheard.get(host)
      const found = unheard === undefined ? this.removedOn(host, release, before, told, except) : undefined
      if (unheard !== undefined) outcomes.set(host, unheard)
      else if (typeof found === 'string') outcomes.set(host, judged({ passed: false, seen: found }))
      else if (found !== undefined) removed.set(host, found)
    }
    const remains = await askForRemains(
      new Map([...removed].map(([host, each]) => [host, each.removed])),
      through(gateway),
    )
    for (const [host, { removed: own, now }] of removed) {
      const looked = remains.looked.get(host) ?? new Map<string, Remaining>()
      outcomes.set(host, remains.unheard.get(host) ?? judged(judgeRemains(release, own, looked, now)))
    }
    const { requestId, unexpected, interrupted } = told
    return {
      requestId,
      outcomes,
      unexpected: [...unexpected, ...remains.unexpected],
      interrupted: interrupted || remains.interrupted,
    }
  }

  private async managedBefore(release: string): Promise<ManagedBefore | { not: string }> {
    if (!this.releases.decides) return REHEARSED
    if (this.releases.managedBy === undefined) return { not: 'no history is read here' }
    await this.releases.catchUp?.()
    return this.releases.managedBy(release)
  }

  /** Returns what a release managed on a host and its puppet does not now; a sentence where that is not known. */
  private removedOn(
    host: string,
    release: string,
    before: ManagedBefore | { not: string },
    told: ToldSets,
    except: ReadonlySet<string>,
  ): { removed: Removed; now: ReadonlySet<string> } | string {
    const own = this.own.get(host)
    if (own === undefined) return 'this rollout has no run of puppet that ended on it'
    const why = told.unknown.get(host)
    const kept = told.catalogs.get(host)
    const set = kept === undefined ? undefined : told.sets.get(kept.digest)
    if (why !== undefined || kept === undefined || set === undefined)
      return why ?? 'its set of resources is not known'
    if (own === NOT_RECORDED) return 'what the run of this rollout manages on it is not known'
    if (own !== kept.digest)
      return `a later run of puppet manages other resources than that of this rollout (${kept.configVersion || 'no version'})`
    if (isOfRelease(kept.configVersion, release))
      return `its puppet applies release ${release} itself: name the release before`
    if ('not' in before) return `what release ${release} managed on it is not known: ${before.not}`
    const earlier = before.of(host)
    if (earlier === undefined)
      return `what release ${release} managed on it is not known: the history has no run of it on this host (bring new hosts on by a feature without this line; they are known to the next release)`
    if ('not' in earlier) return `what release ${release} managed on it is not known: ${earlier.not}`
    const now = new Set(set)
    return { removed: removedFrom(earlier, now, except), now }
  }
}

/** A rehearsal has no history: its hosts had one resource more before. */
const REHEARSED: ManagedBefore = { of: () => new Set(['Package[managed-before]']) }

function through(gateway: HostGateway): AskPuppet {
  return (action, inputs, hosts) => asking({ agent: 'puppet', action, inputs })(hosts, gateway)
}

function judged({ passed, seen }: Reading): Answer {
  return { kind: 'answered', data: { passed, seen } }
}

function readJudged(answer: Answer): Reading {
  if (answer.kind === 'failed') return { passed: false, seen: answer.message }
  if (answer.kind !== 'answered') return { passed: false, seen: answer.kind }
  const { passed, seen } = answer.data
  return { passed: passed === true, seen: typeof seen === 'string' ? seen : 'nothing is known of it' }
}

function hostsBy(pairs: readonly (readonly [host: string, key: string])[]): Record<string, string[]> {
  const grouped = groupBy(pairs, ([, key]) => key)
  return Object.fromEntries([...grouped].map(([key, own]) => [key, own.map(([host]) => host)]))
}
