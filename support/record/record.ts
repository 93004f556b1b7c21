import type { JournalEntry } from '../rollout/ports'

/** What one run did, as far as it concerns anybody afterwards. */
export interface RunRecord {
  run: string
  environment: string
  release: string
  mode: 'live' | 'noop'
  feature: string
  sha256: string
  by: string
  tickets: readonly string[]
  /** What the feature was given; no secret is among it. */
  parameters: Readonly<Record<string, string>>
  began: string
  ended: string
  /** `cut off` for a run that was killed. */
  outcome: 'held' | 'stopped' | 'cut off'
  hosts: readonly string[]
  changes: readonly Change[]
  /** Changes to hosts that another run had brought to this release already. */
  drift: readonly Drift[]
}

/** Something that a host was told, and that may have made it another. */
export interface Change {
  host: string
  line: number
  step: string
  /** Null where nothing was sent: what would have been done in safe mode. */
  request: string | null
  what: string
  before: string | null
  after: string | null
  outcome: 'done' | 'failed' | 'no answer' | 'would be done'
  /** Whether it only held back traffic or puppet, or let it go on. */
  holds: boolean
}

export interface Drift {
  host: string
  what: string
  /** The run that had reported the host as done. */
  since: string
}

export type Entry = JournalEntry & { at: string }

export const UNRELEASED = 'unreleased'

const OUTCOMES: Readonly<Record<string, Change['outcome']>> = {
  answered: 'done',
  failed: 'failed',
  silent: 'no answer',
  untrusted: 'no answer',
}
const HOLDS = /^(?:iptables|haproxy) |^puppet (?:enable|disable)$/

/** The record of a run by its journal. Undefined for one that knew no hosts. */
export function recordOf(run: string, entries: readonly Entry[]): Omit<RunRecord, 'drift'> | undefined {
  const began = entries.find((entry) => entry.type === 'run')
  const rollCall = entries.findLast((entry) => entry.type === 'roll call')
  if (began === undefined || rollCall === undefined) return undefined
  const end = entries.findLast((entry) => entry.type === 'end')
  const isLive = began.mode !== 'noop' || entries.some(({ type }) => type === 'activated')
  return {
    run,
    environment: began.environment,
    release: entries.findLast((entry) => entry.type === 'release')?.release ?? began.release ?? UNRELEASED,
    mode: isLive ? 'live' : 'noop',
    feature: began.feature,
    sha256: began.hash,
    by: began.by ?? 'not known',
    tickets: began.tickets ?? [],
    parameters: began.parameters ?? {},
    began: began.at,
    ended: entries.at(-1)?.at ?? began.at,
    outcome: end === undefined ? 'cut off' : end.held ? 'held' : 'stopped',
    hosts: rollCall.hosts,
    changes: changesIn(entries),
  }
}

/** Hosts that this run changed although another had brought them to the same release. */
export function driftOf(
  record: Omit<RunRecord, 'drift'>,
  earlier: readonly Pick<RunRecord, 'run' | 'mode' | 'outcome' | 'hosts'>[],
): Drift[] {
  if (record.mode !== 'live' || record.release === UNRELEASED) return []
  const done = new Map(
    earlier
      .filter(({ run, mode, outcome }) => run !== record.run && mode === 'live' && outcome === 'held')
      .flatMap(({ run, hosts }) => hosts.map((host) => [host, run] as const)),
  )
  return record.changes.flatMap(({ host, what, before, after, holds }) => {
    const since = done.get(host)
    return since === undefined || holds ? [] : [{ host, what: `${what}${states(before, after)}`, since }]
  })
}

export function states(before: string | null, after: string | null): string {
  return before === null && after === null ? '' : `: ${before ?? 'not known'} → ${after ?? 'not known'}`
}

function changesIn(entries: readonly Entry[]): Change[] {
  const changes: Change[] = []
  const had = new Map<string, string>()
  entries.forEach((entry, index) => {
    if (entry.type === 'had')
      for (const [version, hosts] of Object.entries(entry.versions))
        for (const host of hosts) had.set(`${entry.package} ${host}`, version)
    if (entry.type === 'asked' && entry.changes) changes.push(...told(entry, entries.slice(index + 1), had))
    if (entry.type === 'foreseen') changes.push(...foreseen(entry))
  })
  return changes
}

function told(
  { requestId, agent, action, inputs, hosts, line, step }: Extract<Entry, { type: 'asked' }>,
  later: readonly Entry[],
  had: ReadonlyMap<string, string>,
): Change[] {
  const answered = later.find((entry) => entry.type === 'answered' && entry.requestId === requestId)
  const kinds = new Map(
    Object.entries(answered?.type === 'answered' ? answered.outcomes : {}).flatMap(([kind, names]) =>
      names.map((host) => [host, kind] as const),
    ),
  )
  const name = String(inputs['package'] ?? '')
  const after = agent === 'package' ? stateAfter(name, later) : new Map<string, string>()
  const values = Object.values(inputs).map(String)
  return hosts.flatMap((host) => {
    const outcome = OUTCOMES[kinds.get(host) ?? 'silent'] ?? 'no answer'
    const [before, now] = [had.get(`${name} ${host}`) ?? null, after.get(host) ?? null]
    if (agent === 'package' && before !== null && before === now) return []
    const what = [action, ...values].join(' ')
    const holds = HOLDS.test(`${agent} ${action}`)
    return [
      { host, line, step, request: requestId, what: `${agent}: ${what}`, before, after: now, outcome, holds },
    ]
  })
}

/** What hosts were seen to have right after they were told. */
function stateAfter(name: string, later: readonly Entry[]): Map<string, string> {
  const became = later.find((entry) => entry.type === 'became' && entry.package === name)
  const versions = became?.type === 'became' ? became.versions : {}
  return new Map(
    Object.entries(versions).flatMap(([version, hosts]) => hosts.map((host) => [host, version] as const)),
  )
}

function foreseen({ thing, line, step, holds, fates }: Extract<Entry, { type: 'foreseen' }>): Change[] {
  return fates.flatMap(({ from, to, hosts }) =>
    hosts.map((host) => ({
      host,
      line,
      step,
      request: null,
      what: thing,
      before: from,
      after: to,
      outcome: 'would be done' as const,
      holds,
    })),
  )
}
