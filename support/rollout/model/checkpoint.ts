import { groupBy } from '../../system/groups'
import type { JournalEntry } from './journal_entry'
import { lastDigestsIn } from './managed_set'
import { progressOf } from './progress'
import { endedRunsIn, openRunsIn, puppetRunsIn, withoutEnded, type OwnRun } from './puppet_history'
import type { Wave } from './wave_plan'

/**
 * The work that was done, as the journal of a stopped run says. A resumed run proves it again before it goes on from
 * there.
 */
export interface Checkpoint {
  run: string
  hash: string
  hosts: readonly string[]
  /** The other hosts of the roll call: they are outside the limit of the run. */
  outside: readonly string[]
  /** True for a look for drift, which changes nothing: lists and waves may have other hosts by now. */
  isOfHistory?: boolean
  /** The hosts that failed within the budget: out then, out now. */
  out: readonly string[]
  seed: number | undefined
  /** The hosts that were told anything that changes them. */
  attempted: ReadonlySet<string>
  /** The versions before the first change, by package and host. */
  had: ReadonlyMap<string, ReadonlyMap<string, string>>
  /** The commits of tags, by `repository tag`. */
  tags: ReadonlyMap<string, string>
  /** The runs of puppet that left a report, by host, the earliest first. */
  puppetRuns: ReadonlyMap<string, readonly OwnRun[]>
  /** The runs of puppet that are known to have ended, as `run host`. */
  puppetRunsEnded: ReadonlySet<string>
  /** The digest of what puppet manages, by host, after its last run; empty where that is not known. */
  managed: ReadonlyMap<string, string>
  scenarios: ReadonlyMap<string, ScenarioCheckpoint>
}

/** The work of one scenario that was done. */
export interface ScenarioCheckpoint {
  name: string
  /** The waves that the scenario took, in order; none where it was for the whole roll call. */
  waves: readonly Wave[]
  /** True when the scenario passed, none of its hosts went back since, and lines of it can prove that now. */
  done: boolean
  /** The checks that a later line has superseded: `traffic should be blocked`, once it was unblocked. */
  overtaken: ReadonlySet<string>
  /** The hosts, by line, that were told something and never known to have answered. */
  unknown: ReadonlyMap<string, ReadonlySet<string>>
  /** The runs of puppet that were ordered and may go on still, by line and host. */
  openPuppetRuns: ReadonlyMap<string, ReadonlyMap<string, string>>
}

type Asked = Extract<JournalEntry, { type: 'asked' }>

/** Returns the key of a line of a feature, as its journal entries name it. */
export function lineKey({ line, step }: { line: number; step: string }): string {
  return `${line} ${step}`
}

/** Returns the checkpoint of a run's journal; undefined when it knows no roll call: nothing was begun then. */
export function checkpointOf(run: string, entries: readonly JournalEntry[]): Checkpoint | undefined {
  const rollCall = last(entries, 'roll call')
  const began = last(entries, 'run')
  if (rollCall === undefined || began === undefined) return undefined
  const { attempted, undone } = progressOf(entries)
  return {
    run,
    hash: began.hash,
    hosts: rollCall.hosts,
    outside: rollCall.outside ?? [],
    out: entries.flatMap((entry) => (entry.type === 'out' ? entry.hosts : [])),
    attempted,
    seed: last(entries, 'order')?.seed,
    had: versionsIn(entries),
    tags: tagsIn(entries),
    puppetRuns: puppetRunsIn(entries),
    puppetRunsEnded: endedRunsIn(entries),
    managed: lastDigestsIn(entries),
    scenarios: scenariosIn(entries, undone),
  }
}

/** Returns what is known after a run that went on from an earlier checkpoint, and whose own is the later one. */
export function continueCheckpoint(earlier: Checkpoint, later: Checkpoint): Checkpoint {
  const ids = new Set([...earlier.scenarios.keys(), ...later.scenarios.keys()])
  const puppetRunsEnded = new Set([...earlier.puppetRunsEnded, ...later.puppetRunsEnded])
  return {
    ...later,
    out: [...new Set([...earlier.out, ...later.out])],
    seed: later.seed ?? earlier.seed,
    attempted: new Set([...earlier.attempted, ...later.attempted]),
    had: joinVersions(earlier.had, later.had),
    tags: new Map([...later.tags, ...earlier.tags]),
    puppetRuns: joinRuns(earlier.puppetRuns, later.puppetRuns),
    puppetRunsEnded,
    managed: new Map([...earlier.managed, ...later.managed]),
    scenarios: new Map(
      [...ids].map((id) => [
        id,
        joinScenario(earlier.scenarios.get(id), later.scenarios.get(id), puppetRunsEnded),
      ]),
    ),
  }
}

/** The versions before the first change of all are those that the earlier run knew. */
function joinVersions(earlier: Checkpoint['had'], later: Checkpoint['had']): Checkpoint['had'] {
  const names = new Set([...earlier.keys(), ...later.keys()])
  return new Map(
    [...names].map((name) => [name, new Map([...(later.get(name) ?? []), ...(earlier.get(name) ?? [])])]),
  )
}

function joinRuns(
  earlier: Checkpoint['puppetRuns'],
  later: Checkpoint['puppetRuns'],
): Checkpoint['puppetRuns'] {
  const hosts = new Set([...earlier.keys(), ...later.keys()])
  return new Map([...hosts].map((host) => [host, [...(earlier.get(host) ?? []), ...(later.get(host) ?? [])]]))
}

/** A scenario that the later run has not come to runs in full; what is not told twice stays untold. */
function joinScenario(
  earlier: ScenarioCheckpoint | undefined,
  later: ScenarioCheckpoint | undefined,
  ended: ReadonlySet<string>,
): ScenarioCheckpoint {
  const ordered = new Set([
    ...(earlier?.openPuppetRuns.keys() ?? []),
    ...(later?.openPuppetRuns.keys() ?? []),
  ])
  const lines = new Set([...(earlier?.unknown.keys() ?? []), ...(later?.unknown.keys() ?? [])])
  return {
    name: later?.name ?? earlier?.name ?? '',
    waves: longer(earlier?.waves ?? [], later?.waves ?? []),
    done: later?.done === true,
    overtaken: later?.overtaken ?? new Set(),
    unknown: new Map(
      [...lines].map((line) => [
        line,
        new Set([...(earlier?.unknown.get(line) ?? []), ...(later?.unknown.get(line) ?? [])]),
      ]),
    ),
    openPuppetRuns: new Map(
      [...ordered].map((line) => {
        const runs = [
          ...(earlier?.openPuppetRuns.get(line) ?? []),
          ...(later?.openPuppetRuns.get(line) ?? []),
        ]
        return [line, withoutEnded(new Map(runs), ended)]
      }),
    ),
  }
}

/** A run that stopped before a scenario took its wave does not know the wave that it had. */
function longer<T>(earlier: readonly T[], later: readonly T[]): readonly T[] {
  return later.length < earlier.length ? earlier : later
}

function scenariosIn(
  entries: readonly JournalEntry[],
  undone: ReadonlySet<string>,
): Map<string, ScenarioCheckpoint> {
  const parts = new Map<string, JournalEntry[]>()
  let part: JournalEntry[] = []
  for (const entry of entries) {
    if (entry.type === 'scenario') parts.set(entry.scenarioId, (part = []))
    part.push(entry)
  }
  return new Map([...parts].map(([scenarioId, list]) => [scenarioId, scenarioCheckpoint(list, undone)]))
}

function scenarioCheckpoint(
  entries: readonly JournalEntry[],
  undone: ReadonlySet<string>,
): ScenarioCheckpoint {
  const asked = entries.filter((entry) => entry.type === 'asked')
  const looks = asked.filter(({ mutating }) => !mutating)
  const overtaken = new Set(
    entries.flatMap((entry) => (entry.type === 'passed over' ? [lineKey(entry)] : [])),
  )
  const proofs = new Set<string>()
  for (const look of looks) {
    const later = asked.slice(asked.indexOf(look) + 1).filter((other) => lineKey(other) !== lineKey(look))
    if (later.some((other) => overtakes(other, look))) overtaken.add(lineKey(look))
    else if (isThen(look)) proofs.add(lineKey(look))
  }
  for (const line of overtaken) proofs.delete(line)
  return {
    name: entries.find((entry) => entry.type === 'scenario')?.name ?? '',
    waves: entries.flatMap((entry) =>
      entry.type === 'wave' ? [{ name: entry.name, hosts: entry.hosts }] : [],
    ),
    done:
      entries.some(({ type }) => type === 'scenario passed') && proofs.size > 0 && !isUndone(entries, undone),
    overtaken,
    unknown: findUnknown(entries, asked),
    openPuppetRuns: findOpenRuns(entries, asked),
  }

  /** Returns whether a line took a look at hosts by itself, and not to verify what it had told. */
  function isThen(look: Asked): boolean {
    return (
      look.hosts.length > 0 &&
      !isOfRollCall(look) &&
      !asked.some((other) => lineKey(other) === lineKey(look) && other.mutating)
    )
  }
}

/** Returns whether a look found out which hosts there are, or which wave they are in: that proves no line. */
function isOfRollCall({ agent, action }: Asked): boolean {
  return agent === 'rpcutil' && (action === 'get_fact' || action === 'agent_inventory')
}

/**
 * Returns whether a scenario has to run again. A host that went back, or is out of rotation again, has its scenario run
 * again for its whole wave.
 */
function isUndone(entries: readonly JournalEntry[], undone: ReadonlySet<string>): boolean {
  if (undone.size === 0) return false
  const waves = entries.filter((entry) => entry.type === 'wave')
  return waves.length === 0 || waves.some(({ hosts }) => hosts.some((host) => undone.has(host)))
}

/** Returns whether `other` looks at what `look` looked at again, or changes it. */
function overtakes(other: Asked, look: Asked): boolean {
  if (other.agent !== look.agent) return false
  if (!other.mutating && other.action !== look.action) return false
  return Object.entries(look.inputs).every(([name, value]) => other.inputs[name] === value)
}

function findUnknown(entries: readonly JournalEntry[], asked: readonly Asked[]): Map<string, Set<string>> {
  const unknown = new Map<string, Set<string>>()
  for (const order of asked) {
    const { requestId, hosts } = order
    if (!order.mutating) continue
    const answered = entries.find((entry) => entry.type === 'answered' && entry.requestId === requestId)
    const doubtful = answered?.type === 'answered' ? withoutOutcome(answered) : hosts
    const line = lineKey(order)
    if (doubtful.length > 0) unknown.set(line, new Set([...(unknown.get(line) ?? []), ...doubtful]))
  }
  return unknown
}

function findOpenRuns(
  entries: readonly JournalEntry[],
  asked: readonly Asked[],
): Map<string, Map<string, string>> {
  const orders = groupBy(
    asked.filter(({ mutating }) => mutating),
    lineKey,
  )
  const ended = endedRunsIn(entries)
  const open = new Map<string, Map<string, string>>()
  for (const [line, own] of orders) {
    const runs = withoutEnded(openRunsIn(own, entries), ended)
    if (runs.size > 0) open.set(line, runs)
  }
  return open
}

/** Returns the hosts that may have done what they were told: no answer came of them, or none that can be trusted. */
function withoutOutcome({ outcomes }: Extract<JournalEntry, { type: 'answered' }>): string[] {
  return [...(outcomes['silent'] ?? []), ...(outcomes['untrusted'] ?? [])]
}

function versionsIn(entries: readonly JournalEntry[]): Map<string, Map<string, string>> {
  const had = new Map<string, Map<string, string>>()
  for (const entry of entries) {
    if (entry.type !== 'had') continue
    const versions = had.get(entry.package) ?? new Map<string, string>()
    had.set(entry.package, versions)
    for (const [version, hosts] of Object.entries(entry.versions))
      for (const host of hosts) if (!versions.has(host)) versions.set(host, version)
  }
  return had
}

function tagsIn(entries: readonly JournalEntry[]): Map<string, string> {
  return new Map(
    entries.flatMap((entry) =>
      entry.type === 'tag' ? [[`${entry.repository} ${entry.tag}`, entry.commit] as const] : [],
    ),
  )
}

function last<T extends JournalEntry['type']>(
  entries: readonly JournalEntry[],
  type: T,
): Extract<JournalEntry, { type: T }> | undefined {
  return entries.findLast((entry): entry is Extract<JournalEntry, { type: T }> => entry.type === type)
}
