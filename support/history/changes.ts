import type { JournalEntry } from '../rollout/model/journal_entry'
import { isTemporary } from '../rollout/model/temporary'

/** An order to a host that may have changed it. */
export interface Change {
  host: string
  line: number
  step: string
  /** The request id; null where nothing was sent, since safe mode only says what would be done. */
  request: string | null
  /** The resource that the change is about, such as `package mywebapp`. */
  resource: string
  what: string
  /** The state before the change; null where it is not known, or where there is no such state. */
  before: string | null
  after: string | null
  outcome: ChangeOutcome
  /** True when the change only stopped traffic or puppet, or let it go on. */
  temporary: boolean
}

export type ChangeOutcome = (typeof CHANGE_OUTCOMES)[number]
export const CHANGE_OUTCOMES = ['done', 'failed', 'no answer', 'would be done'] as const

/**
 * Returns the orders to hosts and the results, by the journal of a run. A change that is known to have left a host as
 * it was is left out.
 */
export function changesIn(entries: readonly JournalEntry[]): Change[] {
  const history = new History()
  for (const entry of entries) history.hear(entry)
  return history.changes.filter(({ before, after }) => before === null || before !== after)
}

type Asked = Extract<JournalEntry, { type: 'asked' }>

const OUTCOMES: ReadonlyMap<string, ChangeOutcome> = new Map([
  ['answered', 'done'],
  ['failed', 'failed'],
])

/** A resource by host: the state seen last, and the change told last. */
interface Followed {
  seen: Map<string, string>
  latest: Map<string, Change>
}

/**
 * A follower of each resource of each host from entry to entry. The state seen last is the one before the next change.
 * It makes no text for a host: of many hosts, those would fill the memory.
 */
class History {
  readonly changes: Change[] = []
  private readonly followed = new Map<string, Followed>()
  /** The changes of each request that is not answered yet, by host. */
  private readonly asked = new Map<string, Map<string, Change>>()

  hear(entry: JournalEntry): void {
    // Without a look in between, the state after the last change is the state before the next one.
    if (entry.type === 'had')
      this.look(`package ${entry.package}`, entry.versions, (change, state) => void (change.after ??= state))
    if (entry.type === 'became')
      this.look(`package ${entry.package}`, entry.versions, (change, state) => void (change.after = state))
    if (entry.type === 'served')
      this.look(`git ${entry.repository}`, entry.states, (change, state) => {
        if (entry.moment === 'after') change.after = state
        else change.after ??= state
      })
    if (entry.type === 'puppet run ended') this.endPuppetRun(entry)
    // Puppet changes nothing in noop.
    if (entry.type === 'asked' && entry.mutating && !isNoop(entry)) this.tell(entry)
    if (entry.type === 'answered') this.settle(entry.requestId, entry.outcomes)
    if (entry.type === 'planned') this.plan(entry)
  }

  private look(
    resource: string,
    states: Readonly<Record<string, readonly string[]>>,
    onSeen: (latest: Change, state: string) => void,
  ): void {
    const { seen, latest } = this.follow(resource)
    for (const [state, hosts] of Object.entries(states)) {
      for (const host of hosts) {
        const change = latest.get(host)
        if (change !== undefined) onSeen(change, state)
        seen.set(host, state)
      }
    }
  }

  private endPuppetRun({ requestId, states }: Extract<JournalEntry, { type: 'puppet run ended' }>): void {
    const { latest } = this.follow(PUPPET_RUN)
    for (const [state, hosts] of Object.entries(states))
      for (const host of hosts) {
        const change = latest.get(host)
        if (change?.request === requestId) change.after = state
      }
  }

  private follow(resource: string): Followed {
    const known = this.followed.get(resource)
    if (known !== undefined) return known
    const followed = { seen: new Map<string, string>(), latest: new Map<string, Change>() }
    this.followed.set(resource, followed)
    return followed
  }

  private tell({ requestId, agent, action, inputs, hosts, line, step }: Asked): void {
    const resource = resourceOf(agent, action, inputs)
    const what = `${agent}: ${[action, ...Object.values(inputs).map(String)].join(' ')}`
    const temporary = isTemporary(agent, action)
    const told = this.asked.get(requestId) ?? new Map<string, Change>()
    this.asked.set(requestId, told)
    const { seen, latest } = this.follow(resource)
    for (const host of hosts) {
      const change: Change = {
        host,
        line,
        step,
        request: requestId,
        resource,
        what,
        before: seen.get(host) ?? null,
        after: null,
        outcome: 'no answer',
        temporary,
      }
      seen.delete(host)
      this.changes.push(change)
      latest.set(host, change)
      told.set(host, change)
    }
  }

  private settle(requestId: string, outcomes: Readonly<Record<string, readonly string[]>>): void {
    const told = this.asked.get(requestId)
    this.asked.delete(requestId)
    for (const [kind, hosts] of Object.entries(outcomes)) {
      for (const host of hosts) {
        const change = told?.get(host)
        if (change !== undefined) change.outcome = OUTCOMES.get(kind) ?? 'no answer'
      }
    }
  }

  private plan({ resource, line, step, temporary, fates }: Extract<JournalEntry, { type: 'planned' }>): void {
    const base = {
      line,
      step,
      request: null,
      resource,
      what: resource,
      outcome: 'would be done' as const,
      temporary,
    }
    for (const { from, to, hosts } of fates)
      for (const host of hosts) this.changes.push({ host, ...base, before: from, after: to })
  }
}

const PUPPET_RUN = 'puppet run'

function isNoop({ agent, action, inputs }: Asked): boolean {
  return agent === 'puppet' && ['runonce', 'apply'].includes(action) && inputs['noop'] === true
}

function resourceOf(agent: string, action: string, inputs: Asked['inputs']): string {
  // Tags that were fetched are not what is served.
  if (agent === 'git' && action === 'fetch') return `tags of ${String(inputs['repository'])}`
  if (agent === 'package' && action === 'refresh') return 'package lists'
  if (agent === 'puppet' && ['runonce', 'apply'].includes(action)) return PUPPET_RUN
  if (agent === 'access')
    return 'address' in inputs
      ? `access ${String(inputs['site'])} address ${String(inputs['address'])}`
      : `access ${String(inputs['site'])} ${String(inputs['user'])}`
  const given = Object.entries(inputs)
  const [, named] = given.find(([name]) => name === agent) ?? given[0] ?? []
  return named === undefined ? agent : `${agent} ${named}`
}
