import { formatDuration } from '../system/duration'
import { someOf, tellWhile } from '../system/wait'
import type { Answer, Answers, Request } from '../rollout/model/answers'
import type { HostGateway, ObligationState } from '../rollout/model/obligation'
import type { Downtimes } from '../rollout/ports'
import {
  commentOf,
  type CheckedPart,
  type DowntimeSystem,
  type EndedDowntime,
  type MonitoringSight,
  type WatchedPart,
} from './systems/downtime_system'
import { MonitoringFault } from './systems/target'

export interface DowntimesOptions {
  /** One system or more. A host has its downtime when all of them show it. */
  systems: readonly DowntimeSystem[]
  run: string
  /** Milliseconds between two looks. */
  lookEvery: number
  /** Returns whether nothing may be changed. The systems are not even looked at then. */
  isPlanned: () => boolean
}

/** Milliseconds that a host which is put back without a line may take until monitoring sees it back. */
const PUT_BACK_WITHIN_MS = 120_000
/** Milliseconds between two checks of a host that is not back yet. */
const CHECK_EVERY_MS = 10_000
/** Milliseconds that a system may take until it shows what it was told. */
const SHOWN_WITHIN_MS = 90_000
const NOT_ASKED = 'monitoring is not asked while nothing may be changed'

/**
 * The downtimes of hosts in monitoring systems. What a system answers to an order is never believed: each order counts as what
 * the system shows afterwards, of the host and of each of its services.
 */
export function downtimesIn({ systems, run, lookEvery, isPlanned }: DowntimesOptions): Downtimes {
  const called = systems.map(({ name }) => name).join(' and ')
  const request = (action: string, mutating: boolean, inputs: Request['inputs'] = {}): Request => ({
    agent: 'monitoring',
    action,
    inputs: { systems: called, ...inputs },
    mutating,
  })
  const inEach = async (
    hosts: readonly string[],
    work: (system: DowntimeSystem) => Promise<ReadonlyMap<string, Finding>>,
  ): Promise<Map<string, Answer>> => {
    const found: ReadonlyMap<string, Finding>[] = []
    for (const system of systems) found.push(await orFault(hosts, () => work(system)))
    return new Map(hosts.map((host) => [host, answerOf(found.map((each) => each.get(host) ?? UNSEEN))]))
  }

  return {
    name: `has a downtime in ${called}`,
    lapses: true,
    ordersAreSeen: true,
    begin: (hosts, forMs, reach) =>
      reach.record(request('begin a downtime', true, { for: formatDuration(forMs), run }), hosts, () =>
        inEach(hosts, (system) => begin(system, hosts, { forMs, comment: commentOf(run), lookEvery }, reach)),
      ),
    end: (hosts, within, reach) => end(hosts, within, reach),
    putBack: (hosts, reach) => end(hosts, PUT_BACK_WITHIN_MS, reach),
    look: (hosts, reach) =>
      isPlanned()
        ? Promise.resolve(notAsked(hosts))
        : reach.record(request('look', false), hosts, () =>
            inEach(hosts, async (system) => {
              const sight = await lookFirst(system, hosts, reach)
              return new Map(hosts.map((host) => [host, findDowntime(system, sight, host)]))
            }),
          ),
    read,
  }

  function end(hosts: readonly string[], within: number, reach: HostGateway): Promise<Answers> {
    return reach.record(request('end the downtime', true, { within: formatDuration(within) }), hosts, () =>
      inEach(hosts, (system) => endIn(system, hosts, { within, lookEvery }, reach)),
    )
  }
}

/** The state of a host in one system; `fails` says why an order to it has not come to what was wanted. */
interface Finding {
  open: boolean | undefined
  seen: string
  fails?: boolean
}

const UNSEEN: Finding = { open: undefined, seen: 'monitoring does not say anything of it', fails: true }

async function begin(
  system: DowntimeSystem,
  hosts: readonly string[],
  { forMs, comment, lookEvery }: { forMs: number; comment: string; lookEvery: number },
  reach: HostGateway,
): Promise<ReadonlyMap<string, Finding>> {
  const wait = (ms: number) => reach.wait(ms)
  const before = await lookFirst(system, hosts, reach)
  const earlier = new Set(hosts.flatMap((host) => ownOf(before, host).map(({ id }) => id)))
  const known = hosts.filter((host) => before.hosts.has(host))
  const refused = await system.begin(known, { comment, from: before.now, until: before.now + forMs }, wait)
  const isCovered = (sight: MonitoringSight, host: string) =>
    partsOf(sight, host).every(({ own }) => own.some(({ id, isInEffect }) => isInEffect && !earlier.has(id)))
  const told = known.filter((host) => !refused.has(host))
  const after = await settle(system, told, { within: SHOWN_WITHIN_MS, lookEvery, isCovered }, reach)
  // An earlier run may have left one, or an order of it came late. Only the new one is left once it is seen.
  const covered = told.filter((host) => isCovered(after, host))
  const old = covered.flatMap((host) => ownOf(after, host).filter(({ id }) => earlier.has(id)))
  if (old.length > 0) await system.end(old, wait)
  const seen = old.length === 0 ? after : await settleEnded(system, told, old, lookEvery, reach)
  return new Map(
    hosts.map((host): [string, Finding] => {
      if (!before.hosts.has(host)) return [host, notKnown(system)]
      const why = refused.get(host)
      if (why !== undefined)
        return [host, { ...findDowntime(system, before, host), seen: `${system.name}: ${why}`, fails: true }]
      const finding = findDowntime(system, seen, host)
      if (isCovered(after, host)) return [host, finding]
      return [
        host,
        {
          ...finding,
          seen: `${system.name} took the order, and does not show it: ${finding.seen}`,
          fails: true,
        },
      ]
    }),
  )
}

/** Ends the downtimes of hosts that the system itself has seen back since, by checks that began after this order. */
async function endIn(
  system: DowntimeSystem,
  hosts: readonly string[],
  { within, lookEvery }: { within: number; lookEvery: number },
  reach: HostGateway,
): Promise<ReadonlyMap<string, Finding>> {
  const wait = (ms: number) => reach.wait(ms)
  const first = await lookFirst(system, hosts, reach)
  const { now, hosts: shown } = first
  const known = hosts.filter((host) => shown.has(host))
  const order = (sight: MonitoringSight, missing: readonly string[]) => {
    const parts = missing.flatMap((host) => checkedOf(sight, host))
    return parts.length === 0 ? undefined : system.check(parts, sight.now, wait)
  }
  const refused = await order(first, known)
  const isBack = (sight: MonitoringSight, host: string) => findAway(sight, host, first) === undefined
  let checkedLast = now
  const checkAgain = async (sight: MonitoringSight, missing: readonly string[]) => {
    if (sight.now - checkedLast < CHECK_EVERY_MS) return
    checkedLast = sight.now
    await order(sight, missing)
  }
  const checked = await settle(
    system,
    known,
    { within, lookEvery, isCovered: isBack, meanwhile: checkAgain },
    reach,
  )
  const back = known.filter((host) => isBack(checked, host))
  const own = back.flatMap((host) => ownOf(checked, host))
  const said = own.length === 0 ? undefined : await system.end(own, wait)
  const after = await settleEnded(system, hosts, own, lookEvery, reach)
  return new Map(
    hosts.map((host): [string, Finding] => {
      const finding = findDowntime(system, after, host)
      if (!shown.has(host)) return [host, { ...finding, seen: notKnown(system).seen, fails: true }]
      const away = findAway(checked, host, first)
      if (away !== undefined)
        return [
          host,
          {
            ...finding,
            seen: `${system.name} does not see it back: ${away}${refused === undefined ? '' : ` (${refused})`}; ${finding.seen}`,
            fails: true,
          },
        ]
      if (finding.open === false)
        return [host, { open: false, seen: `${system.name} sees it back, without a downtime` }]
      return [
        host,
        { ...finding, seen: `${finding.seen}${said === undefined ? '' : `: ${said}`}`, fails: true },
      ]
    }),
  )
}

/** Looks once, and tells that it waits for the system: it may take as long as the system needs to show anything new. */
function lookFirst(
  system: DowntimeSystem,
  hosts: readonly string[],
  reach: HostGateway,
): Promise<MonitoringSight> {
  return tellWhile(reach.tellWait, { what: system.name }, () => system.look(hosts, (ms) => reach.wait(ms)))
}

/** Looks until all hosts are as wanted or the time is up, and returns the last sight. */
async function settle(
  system: DowntimeSystem,
  hosts: readonly string[],
  {
    within,
    lookEvery,
    isCovered,
    meanwhile = async () => {},
  }: {
    within: number
    lookEvery: number
    isCovered: (sight: MonitoringSight, host: string) => boolean
    /** Called with the hosts that are not as wanted yet, before they are looked at again. */
    meanwhile?: (sight: MonitoringSight, missing: readonly string[]) => Promise<void>
  },
  reach: HostGateway,
): Promise<MonitoringSight> {
  const until = reach.elapsed() + within
  let missing = hosts
  const endWait = reach.tellWait({
    what: system.name,
    withinMs: within,
    tally: () => ({
      done: hosts.length - missing.length,
      failed: 0,
      expected: hosts.length,
      someMissing: someOf(missing),
    }),
  })
  try {
    for (;;) {
      const sight = await system.look(hosts, (ms) => reach.wait(ms))
      missing = hosts.filter((host) => !isCovered(sight, host))
      if (missing.length === 0 || reach.elapsed() + lookEvery > until) return sight
      await meanwhile(sight, missing)
      await reach.wait(lookEvery)
    }
  } finally {
    endWait()
  }
}

function settleEnded(
  system: DowntimeSystem,
  hosts: readonly string[],
  ended: readonly EndedDowntime[],
  lookEvery: number,
  reach: HostGateway,
): Promise<MonitoringSight> {
  const ids = new Set(ended.map(({ id }) => id))
  const isCovered = (sight: MonitoringSight, host: string) =>
    !ownOf(sight, host).some(({ id }) => ids.has(id))
  return settle(system, hosts, { within: SHOWN_WITHIN_MS, lookEvery, isCovered }, reach)
}

/**
 * Returns why a host is not back: a state that is no good one, or one that `first` has shown. Undefined for a host that is. A
 * satellite whose clock is ahead dates its checks into the future, so that the time alone does not tell a new one.
 */
function findAway(sight: MonitoringSight, host: string, first: MonitoringSight): string | undefined {
  const before = new Map(partsOf(first, host).map(({ service, checkedAt }) => [service, checkedAt]))
  const parts = partsOf(sight, host)
  if (parts.length === 0) return 'it is not known there'
  for (const part of parts) {
    if (part.problem !== undefined) return `${nameOf(part)} is ${part.problem}`
    const isOld = part.checkedAt < first.now || part.checkedAt === before.get(part.service)
    if (part.isChecked && isOld) return `${nameOf(part)} has not been checked since`
  }
  return undefined
}

/** Returns whether a host has a downtime of Lockstep's: on all its parts, on none, or on some. */
function findDowntime(system: DowntimeSystem, sight: MonitoringSight, host: string): Finding {
  const parts = partsOf(sight, host)
  const own = ownOf(sight, host)
  if (own.length === 0)
    // A host that has left monitoring has left its downtimes behind. Nothing alerts about it, and nothing is kept from it.
    return {
      open: false,
      seen: parts.length === 0 ? notKnown(system).seen : `no downtime of Lockstep in ${system.name}`,
    }
  const bare = parts.find((part) => !part.own.some(({ isInEffect }) => isInEffect))
  if (bare !== undefined)
    return {
      open: undefined,
      seen: `${nameOf(bare)} has no downtime in ${system.name}, though others of its do`,
    }
  const until = new Date(Math.max(...own.map((each) => each.until))).toISOString()
  return {
    open: true,
    seen: `in downtime in ${system.name} until ${until.slice(0, 16).replace('T', ' ')} UTC`,
  }
}

function notKnown({ name }: DowntimeSystem): Finding {
  return { open: false, seen: `${name} knows no host of that name`, fails: true }
}

/** Returns the parts of a host that the system checks by itself. */
function checkedOf(sight: MonitoringSight, host: string): CheckedPart[] {
  return partsOf(sight, host).flatMap(({ service, isChecked }) => (isChecked ? [{ host, service }] : []))
}

function partsOf({ hosts }: MonitoringSight, host: string): readonly WatchedPart[] {
  return hosts.get(host) ?? []
}

function ownOf(sight: MonitoringSight, host: string): (EndedDowntime & { until: number })[] {
  return partsOf(sight, host).flatMap(({ service, own }) =>
    own.map(({ id, until }) => ({ id, until, isOfService: service !== undefined })),
  )
}

function nameOf({ service }: WatchedPart): string {
  return service === undefined ? 'the host' : `the service ${service}`
}

/** Returns what one system shows of hosts, or its fault for each of them. */
async function orFault(
  hosts: readonly string[],
  work: () => Promise<ReadonlyMap<string, Finding>>,
): Promise<ReadonlyMap<string, Finding>> {
  try {
    return await work()
  } catch (error) {
    if (!(error instanceof MonitoringFault)) throw error
    const { message } = error
    return new Map(hosts.map((host) => [host, { open: undefined, seen: message, fails: true }]))
  }
}

/** Returns one answer for what all systems show: open or closed only where they agree. */
function answerOf(findings: readonly Finding[]): Answer {
  const [first] = findings
  const agree = findings.every(({ open }) => open === first?.open)
  const open = agree ? (first?.open ?? null) : null
  const failing = findings.filter(({ fails }) => fails === true)
  const seen = [...new Set((failing.length > 0 ? failing : findings).map((each) => each.seen))].join('; ')
  const data = { open, seen }
  return failing.length > 0 ? { kind: 'failed', message: seen, data } : { kind: 'answered', data }
}

function read(answer: Answer): ObligationState {
  if (answer.kind !== 'answered') {
    const seen = answer.kind === 'failed' ? answer.message : 'monitoring did not answer'
    return { isOpen: undefined, seen }
  }
  const { open, seen } = answer.data
  return { isOpen: typeof open === 'boolean' ? open : undefined, seen: String(seen) }
}

function notAsked(hosts: readonly string[]): Answers {
  const answer: Answer = { kind: 'answered', data: { open: null, notAsked: true, seen: NOT_ASKED } }
  return {
    requestId: '',
    outcomes: new Map(hosts.map((host) => [host, answer])),
    unexpected: [],
    interrupted: false,
  }
}
