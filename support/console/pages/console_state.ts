import { statSync } from 'node:fs'
import { join } from 'node:path'
import type { HistoryRead } from '../../history/followed_history'
import type { HistoryEntry } from '../../history/history_record'
import {
  hostReleases,
  hostsLastInRuns,
  lastVersions,
  type HostRelease,
  type HostSeen,
  type SeenVersion,
} from '../../history/host_releases'
import { howToMend } from '../../history/recording'
import { readInventory } from '../../inventory/inventory'
import type { Host } from '../../inventory/host'
import { PipelineTail } from '../../pipeline/pipeline_journal'
import { PipelineState } from '../../pipeline/pipeline_state'
import { recordedVerdict } from '../../reporting/recorded_verdict'
import { nameHosts } from '../../rollout/model/name_hosts'
import { findLeftHosts, type HostOutOfRotation } from '../../rollout/model/out_of_rotation'
import { FollowedJournals } from '../../run/followed_journals'
import type { RunJournals } from '../../run/journals'
import { MODES } from '../../run/modes'
import { LockstepError } from '../../system/errors'
import { groupBy } from '../../system/groups'
import { JOURNAL_SUFFIX } from '../../system/journal_lines'
import type { BegunRollout } from '../begun_rollout'
import { addressOf, nameOf } from './parts'
import type { ConsoleSources } from './sources'

/** The entries that say which hosts are out, and where a rollout is. */
const KEPT: ReadonlySet<string> = new Set([
  'run',
  'feature',
  'release',
  'roll call',
  'wave',
  'opened',
  'closed',
  'gate waits',
  'gate ended',
  'rollouts ended',
])

/** The verdicts that are kept; beyond it those of the oldest files are read again. */
const MAX_VERDICTS = 2_000

/** What the history comes to. */
export interface Knowledge {
  /** All runs, oldest first. */
  runs: readonly HistoryEntry[]
  /** A sentence for each record that cannot be read. */
  damaged: readonly string[]
  /** The release that each host had last. */
  releases: readonly HostRelease[]
  seen: readonly HostSeen[]
  /** The last known states of resources, by environment and host as `keyOfHost` has them. */
  versions: ReadonlyMap<string, ReadonlyMap<string, SeenVersion>>
  environments: readonly string[]
}

/** What is recorded of a fleet, read as often as a page asks, and only where files have changed. */
export class ConsoleState {
  private known: { read: HistoryRead; knowledge: Knowledge } | undefined
  private readonly live: FollowedJournals
  /** The runs that have left hosts out, each with what is said where its journal is removed. */
  private leavers: ReadonlyMap<string, string> = new Map()
  private readonly removed = new Map<string, string>()
  private readonly tail: PipelineTail
  private readonly pipelineState = new PipelineState(MAX_SETTLED)
  private readonly pipelineFaults: string[] = []
  private readonly verdicts = new Map<string, { mark: string; verdict: Promise<string | undefined> }>()
  private readonly inventories = new Map<string, { mark: string; known: Promise<KnownInventory> }>()

  constructor(readonly sources: ConsoleSources) {
    this.live = new FollowedJournals(join(sources.state, MODES.live.journals), ({ type }) => KEPT.has(type))
    this.tail = new PipelineTail(sources.state)
  }

  /** Returns what the history comes to. It is made anew only where a record has come, has changed or has gone. */
  knowledge(): Knowledge {
    const read = this.sources.history.read()
    if (this.known?.read === read) return this.known.knowledge
    const { runs, damaged, notKnown } = read
    const knowledge = {
      runs,
      damaged: [
        ...damaged.map(
          (path) => `${path} is no history that can be read, and is passed over; ${howToMend(path)}`,
        ),
        ...(notKnown === undefined ? [] : [notKnown]),
      ],
      releases: hostReleases(runs),
      seen: hostsLastInRuns(runs),
      versions: lastVersions(runs),
      environments: [...new Set(runs.map(({ environment }) => environment))].sort(),
    }
    this.known = { read, knowledge }
    return knowledge
  }

  /** Returns all environments that the configuration or a file names. */
  environments(): string[] {
    const ofJournals = this.journals().journals.flatMap(({ entries }) =>
      entries.flatMap((entry) => (entry.type === 'run' ? [entry.environment] : [])),
    )
    return [...new Set([...this.sources.environments, ...this.knowledge().environments, ...ofJournals])]
  }

  /** Returns the text that a run was of; undefined where it is not kept. */
  textOf(run: HistoryEntry): Buffer | undefined {
    return this.sources.history.textOf(run)
  }

  /** Returns the journals of live runs. One that named hosts as out, and that somebody removed, is a fault: nothing else tells of them. */
  journals(): RunJournals {
    const { journals, faults } = this.live.read()
    const there = new Set(journals.map(({ run }) => run))
    for (const [run, fault] of this.leavers) if (!there.has(run)) this.removed.set(run, fault)
    for (const run of there) this.removed.delete(run)
    // A damaged journal is one that a person moves away, once they have looked at its hosts.
    const whole = new Set(journals.filter(({ fault }) => fault === undefined).map(({ run }) => run))
    this.leavers = new Map(
      [...groupBy(findLeftHosts(journals), ({ run }) => run)].flatMap(([run, left]) =>
        whole.has(run) ? [[run, removedFault(run, left)]] : [],
      ),
    )
    return { journals, faults: [...faults, ...this.removed.values()] }
  }

  pipeline(): { known: PipelineState; faults: readonly string[] } {
    const { events, faults } = this.tail.readNew()
    for (const event of events) this.pipelineState.apply(event)
    this.pipelineFaults.push(...faults)
    return { known: this.pipelineState, faults: this.pipelineFaults }
  }

  /** Returns the rollouts that were begun from pages, and by the pipeline. */
  begunRollouts(): BegunRollout[] {
    return [...(this.sources.begunByStarts?.() ?? []), ...begunByPlans(this.pipeline().known)]
  }

  /** Resolves with the verdict that the journal of a live run tells; undefined where it does not tell one. */
  verdictOf(run: string): Promise<string | undefined> {
    const { state } = this.sources
    const mark = markOf(join(state, MODES.live.journals, `${run}${JOURNAL_SUFFIX}`))
    const before = this.verdicts.get(run)
    if (before?.mark === mark) return before.verdict
    const verdict = recordedVerdict(run, state, state)
    this.verdicts.delete(run)
    this.verdicts.set(run, { mark, verdict })
    for (const [oldest] of this.verdicts) if (this.verdicts.size > MAX_VERDICTS) this.verdicts.delete(oldest)
    return verdict
  }

  /** Resolves with the hosts that the files of an environment's inventory name. Programs are not run for it. */
  inventoryOf(environment: string): Promise<KnownInventory> {
    const { inventoryOf, environments } = this.sources
    try {
      const all = inventoryOf(environment)
      const files = all.filter((source) => source.kind === 'csv' || source.kind === 'yaml')
      const mark = files.map(({ path }) => `${path} ${markOf(path)}`).join('\n')
      const before = this.inventories.get(environment)
      if (before?.mark === mark) return before.known
      const notRead = all.flatMap((source) =>
        source.kind === 'program'
          ? [`the program ${source.path}`]
          : source.kind === 'discovery'
            ? ['discovery']
            : [],
      )
      const known = readInventory(files, {
        environment,
        environments,
        signal: AbortSignal.timeout(MAX_READING_MS),
      })
        .then(({ hosts }): KnownInventory => ({ hosts, notRead, files: files.length }))
        .catch((error: unknown) => faultOf(error, notRead))
      this.inventories.set(environment, { mark, known })
      return known
    } catch (error) {
      return Promise.resolve(faultOf(error, []))
    }
  }
}

/** The inventory of an environment as far as files say it. */
export interface KnownInventory {
  hosts: readonly Host[]
  /** The sources that would have to be asked. */
  notRead: readonly string[]
  /** The number of files that were read. */
  files: number
  fault?: string
}

function removedFault(run: string, left: readonly HostOutOfRotation[]): string {
  const hosts = nameHosts([...new Set(left.map(({ host }) => host))])
  return `the journal of run ${run} was removed while it named ${hosts} as out of rotation; look at them`
}

function begunByPlans({ deploys }: PipelineState): BegunRollout[] {
  return deploys.plans.flatMap(({ repository, run, environment, tag, approved, rollout }) =>
    rollout === undefined
      ? []
      : [
          {
            run: rollout.run,
            at: addressOf('pipeline', repository, 'plans', run),
            name: `${nameOf(tag)} of ${nameOf(repository)}`,
            environment,
            by: `the pipeline, approved by ${approved?.by ?? 'lockstep.yaml'}`,
            machine: rollout.machine,
            since: rollout.begunAt,
            isOver: rollout.state !== 'running',
          },
        ],
  )
}

const MAX_READING_MS = 5_000
/** The changes of deliveries that are kept in memory. */
const MAX_SETTLED = 10_000

function faultOf(error: unknown, notRead: readonly string[]): KnownInventory {
  if (!(error instanceof LockstepError)) throw error
  return { hosts: [], notRead, files: 0, fault: error.message }
}

function markOf(path: string): string {
  const stat = statSync(path, { throwIfNoEntry: false })
  return stat === undefined ? '' : `${stat.ino} ${stat.size} ${stat.mtimeMs}`
}
