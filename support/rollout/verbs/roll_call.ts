import { LockstepError } from '../../system/errors'
import { hostsWithoutAgents } from './agents_present'
import { compareWith } from '../model/compare_with'
import { divideByLimit, type LimitedHosts } from '../model/limit'
import { OpenWindows } from './open_windows'
import { describeLeftAlone, hostsOfAnotherEnvironment } from './own_environment'
import type { RollCallContext } from './roll_call_context'
import { isEmpty, keyOf, NOBODY_YET, describeSelection } from './selection'
import type { EnoughHosts, Selection } from '../ports'
import type { UnexpectedMessage } from '../../system/unexpected_messages'
import { tellWhile } from '../../system/wait'
import { hosts as counted, type Observation, type Verdict } from '../model/verdict'

/** The hosts of a rollout: selected by a feature's first lines, discovered once, and unchanged from then on. */
export class RollCall {
  private selection: Selection = NOBODY_YET
  private list: readonly string[] | undefined
  private names: ReadonlySet<string> = new Set()

  /** The hosts that were found, and are outside the limit of the run. */
  private alone: readonly string[] = []

  /** The selection by which the hosts were found. */
  private foundBy: Selection = NOBODY_YET

  /** The last selection that was compared with it, and is the same: a long list is compared once for each scenario. */
  private sameAsFound: Selection | undefined

  /** The order in which the hosts are listed, where they come from a list. */
  private listing: readonly string[] | undefined

  /** The hosts that belong to other environments by their row, each with its own; they are left alone. */
  private others: ReadonlyMap<string, string> = new Map()

  /** True when the list is what was discovered, and nothing says which hosts should have been. */
  private isAsFound = false
  private isCounted = false

  /** True when hosts that are discovered and not in the inventory are noted only. */
  private leavesStrangers = false

  private readonly windows = new OpenWindows()
  /** True when the window of the first discovery goes on beside the first lines. */
  private beganEarly = false
  private firstHeardOut: Promise<void> | undefined

  constructor(private readonly rollout: RollCallContext) {}

  /**
   * Forgets what was selected, but not the hosts that were discovered: a feature's Background runs again for each
   * scenario.
   */
  beginSelection(): void {
    this.selection = NOBODY_YET
    this.leavesStrangers = false
  }

  withClass(name: string): void {
    this.selection = { ...this.selection, classes: [...this.selection.classes, name] }
  }

  withFact(fact: Selection['facts'][number]): void {
    this.selection = { ...this.selection, facts: [...this.selection.facts, fact] }
  }

  withIdentity(identity: string): void {
    this.selection = { ...this.selection, identities: [...this.selection.identities, identity] }
  }

  listed(names: readonly string[]): void {
    const listed = [...(this.selection.listed ?? []), ...names]
    this.selection = { ...this.selection, listed }
    this.listing = listed
  }

  /**
   * Selects the hosts whose row of the inventory has an environment. Hosts of another row are left alone, whatever class
   * they have.
   * @throws LockstepError `bad-feature` when there is no inventory, or another environment is selected
   */
  ofEnvironment(environment: string): void {
    this.expectInventory('has the environment of hosts')
    const { environment: before = environment } = this.selection
    if (before !== environment)
      throw new LockstepError(
        'bad-feature',
        `the hosts of environment ${before} are selected already; write a feature for each environment, or one with a variable`,
      )
    this.selection = { ...this.selection, environment }
  }

  /**
   * Leaves alone the hosts that are not in the inventory.
   * @throws LockstepError `bad-feature` when there is no inventory
   */
  leaveStrangersAlone(): void {
    this.expectInventory('hosts could be missing in')
    this.leavesStrangers = true
  }

  private expectInventory(what: string): void {
    if (this.rollout.ports.inventory !== undefined) return
    throw new LockstepError(
      'bad-feature',
      `there is no inventory that ${what}; name one in lockstep.yaml, as in inventory: [hosts.csv], or for the embedded fleet with LOCKSTEP_INVENTORY=hosts.csv`,
    )
  }

  /**
   * Discovers the hosts, and compares them with those that should be there, where there is an inventory. A second time,
   * a host that is missing or new since the first has diverged. Where the hosts are known beforehand, a discovery ends
   * once all have answered. A host that is new by the end of its window then fails the verdict under way.
   */
  async discover(): Promise<Verdict> {
    this.rollout.expectGoingOn()
    this.expectSameSelection()
    const should = await this.inventoried()
    const isFirst = this.list === undefined
    if (isFirst) this.expectHostsOfBefore(should)
    const known = this.list ?? this.rollout.hostsBefore ?? this.selection.listed ?? should
    const newcomer = this.newcomersBy(should)
    const { found, unexpected } = await this.look(known && this.divided(known), newcomer)
    if (isFirst) await this.freeze(known ?? found, should)
    const expected = this.list ?? []
    const { missing } = compareWith(expected, found)
    const { strangers } = compareWith([...expected, ...this.alone], found)
    const there = new Set(found)
    const incomplete = isFirst
      ? await this.unfit(expected.filter((host) => there.has(host) && !this.rollout.budget.isOut(host)))
      : NOBODY
    const [absent, written] = [new Set(missing), new Set(should)]
    const going = expected.filter((host) => !this.rollout.budget.isOut(host))
    const observations = going.map((host): Observation => {
      if (!absent.has(host))
        return incomplete.get(host) ?? { host, passed: true, kind: 'answered', seen: 'discovered' }
      const seen = written.has(host) ? 'in the inventory, not discovered' : 'not discovered'
      return { host, passed: false, kind: 'silent', seen }
    })
    return this.concluded(
      { observations, unexpected: [...unexpected, ...strangers.sort(byName).map(newcomer)] },
      incomplete,
    )
  }

  /** Returns the hosts, discovering them first if no step has done so. */
  async frozen(): Promise<readonly string[]> {
    this.expectSameSelection()
    if (this.list !== undefined) return this.list
    if (this.rollout.hostsBefore !== undefined) {
      if (!isEmpty(this.selection)) this.expectHostsOfBefore(await this.inventoried())
      return this.frozenAs(this.rollout.hostsBefore)
    }
    const should = await this.inventoried()
    if (this.selection.listed !== undefined) return this.frozenAs(this.selection.listed)
    if (should !== undefined) this.divided(should)
    const { found, unexpected } = await this.look()
    const strangers = should === undefined ? [] : compareWith(should, found).strangers
    this.expectNone(strangers.sort(byName))
    for (const message of [...unexpected, ...strangers.map(this.newcomersBy(should))])
      this.rollout.addUnsolicited(message)
    return this.frozenAs(should ?? found, should)
  }

  /** Returns the hosts in the order of their list; undefined when they come from no list. */
  inListedOrder(): readonly string[] | undefined {
    const known = new Set(this.list)
    return this.listing?.filter((host) => known.has(host))
  }

  /** The hosts that were found; undefined before any were looked for. */
  get known(): readonly string[] | undefined {
    return this.list
  }

  /** The hosts that were found and take no part, since they are outside the limit of the run. */
  get outside(): readonly string[] {
    return this.alone
  }

  /** True when the hosts that answered became the roll call: no inventory, list or count says which should be there. */
  get areWhoeverAnswered(): boolean {
    return this.isAsFound && !this.isCounted
  }

  /** Returns whether a host is one of those that were found. */
  isKnown(host: string): boolean {
    return this.names.has(host)
  }

  /** Resolves once the windows of all discoveries are over, or the operator asks to stop. */
  windowsAreOver(): Promise<void> {
    return this.windows.areOver(this.rollout.ports.stopping)
  }

  /**
   * Resolves once hosts may be changed. A host that is not known yet can answer until the end of the first discovery's
   * window; no host is touched then.
   * @throws LockstepError when such a host has answered
   */
  async expectFirstWindowOver(): Promise<void> {
    if (!this.beganEarly || this.rollout.halted !== undefined) return
    await (this.firstHeardOut ??= this.expectNobodyNew())
  }

  async expectAtLeast(wanted: number): Promise<Verdict> {
    return this.expectCount(`at least ${counted(wanted)}`, (n) => n >= wanted)
  }

  async expectExactly(wanted: number): Promise<Verdict> {
    return this.expectCount(`exactly ${counted(wanted)}`, (n) => n === wanted)
  }

  private async expectCount(wanted: string, test: (n: number) => boolean): Promise<Verdict> {
    this.rollout.expectGoingOn()
    const list = await this.frozen()
    this.isCounted = true
    const whole = list.length + this.alone.length
    const passed = test(whole)
    const seen = passed ? 'counted' : `${counted(whole)}, where ${wanted} were expected`
    const observations = list.map((host) => ({ host, passed, kind: 'known' as const, seen }))
    return this.rollout.conclude({ observations, unexpected: [] }, { budgeted: false })
  }

  /**
   * Returns the hosts that should be there. Undefined where that is written nowhere, or the feature itself lists its
   * hosts.
   */
  private async inventoried(): Promise<readonly string[] | undefined> {
    this.expectSelection()
    const { inventory, audience } = this.rollout.ports
    const { listed, environment } = this.selection
    if (inventory === undefined || (listed !== undefined && environment === undefined)) return undefined
    return tellWhile(audience.tellWait, { what: 'the inventory' }, async () => {
      const wanted =
        listed === undefined
          ? this.selection
          : { ...this.selection, classes: [], facts: [], identities: [], listed: undefined }
      const should = await inventory.matching(wanted)
      if (environment !== undefined) this.others = await inventory.outsideOf(environment)
      if (listed === undefined) return should
      this.expectListedAmong(listed, should)
      return undefined
    })
  }

  /** Expects hosts that are listed beside an environment, as in a recovery feature, to be of it still. */
  private expectListedAmong(listed: readonly string[], should: readonly string[]): void {
    const [first, ...more] = compareWith(listed, should).missing
    if (first === undefined) return
    const own = this.others.get(first)
    const where =
      own === undefined ? 'not in the inventory' : own === '' ? 'in none by its row' : `in ${own} by its row`
    const others = more.length === 0 ? '' : `, and ${more.length} more like it`
    const error = new LockstepError(
      'bad-input',
      `the list has ${first}, which is ${where}${others}; expected hosts whose row has the environment ${this.selection.environment}`,
    )
    this.rollout.stopAt(error)
    throw error
  }

  /** Returns the hosts that no line may begin on, each with the reason: what it lacks, or where it is instead. */
  private async unfit(hosts: readonly string[]): Promise<ReadonlyMap<string, Observation>> {
    const { environment } = this.selection
    const incomplete = await hostsWithoutAgents(this.rollout, hosts)
    if (environment === undefined) return incomplete
    const complete = hosts.filter((host) => !incomplete.has(host))
    const misplaced = await hostsOfAnotherEnvironment(this.rollout, complete, environment)
    return new Map([...incomplete, ...misplaced])
  }

  /**
   * Returns what is said of a host that is not on the roll call. A window may outlast its scenario, so that what the
   * scenario has said by now counts. `should` is the hosts of the inventory.
   */
  private newcomersBy(should: readonly string[] | undefined): (host: string) => UnexpectedMessage {
    const written = new Set(should)
    const fails = !this.leavesStrangers
    const detail = `discovered, and not in the inventory ${describeSelection(this.selection)}`
    return (host) =>
      should === undefined || written.has(host)
        ? { kind: 'unexpected', host, detail: 'was not there at the first roll call', fails: true }
        : { kind: 'unexpected', host, detail, fails }
  }

  /** Stops at strangers where no step is about the roll call itself. The first step that needs it does not begin. */
  private expectNone(strangers: readonly string[]): void {
    if (strangers.length === 0 || this.leavesStrangers) return
    const error = new LockstepError(
      'diverged',
      `${counted(strangers.length)} discovered, and not in the inventory ${describeSelection(this.selection)}: ${strangers.join(', ')}; no host was touched`,
    )
    this.rollout.stopAt(error)
    throw error
  }

  /** Freezes the list before any step needs it, and fails for hosts that some line could not be done on. */
  private async frozenAs(hosts: readonly string[], should?: readonly string[]): Promise<readonly string[]> {
    const list = await this.freeze(hosts, should)
    const going = list.filter((host) => !this.rollout.budget.isOut(host))
    const incomplete = await this.unfit(going)
    if (incomplete.size === 0) return list
    const observations = going.map(
      (host): Observation =>
        incomplete.get(host) ?? { host, passed: true, kind: 'known', seen: 'has all agents' },
    )
    await this.concluded({ observations, unexpected: [] }, incomplete)
    if (this.rollout.halted !== undefined) throw this.rollout.halted
    return list
  }

  /**
   * Concludes a roll call, and stops the rollout for hosts that no line may begin on. A plan goes no further either: it would
   * wait for the missing agents, line by line. A look for drift goes on without these hosts: the others may have
   * drifted too.
   */
  private async concluded(verdict: Verdict, incomplete: ReadonlyMap<string, Observation>): Promise<Verdict> {
    const { budget, looksForDrift, ports } = this.rollout
    const whole = await this.rollout.conclude(verdict)
    if (incomplete.size === 0 || whole.tolerated === true) return whole
    if (looksForDrift && verdict.observations.some(({ host }) => !incomplete.has(host))) {
      await ports.journal.append({ type: 'out', hosts: [...incomplete.keys()] })
      budget.putOut([...incomplete.values()])
    } else
      this.rollout.stopAt(
        new LockstepError('diverged', `not attempted: ${counted(incomplete.size)} cannot take part`),
      )
    return whole
  }

  /**
   * Expects the selection by which the hosts were found. A later selection has found no host: going on would touch
   * other hosts than are meant.
   */
  private expectSameSelection(): void {
    const now = this.selection
    if (this.list === undefined || now === this.sameAsFound || isEmpty(now)) return
    if (keyOf(now) === keyOf(this.foundBy)) {
      this.sameAsFound = now
      return
    }
    const error = new LockstepError(
      'bad-feature',
      `hosts ${describeSelection(now)} are selected, and those of this rollout were found ${describeSelection(this.foundBy)}: they are the same to its end; say first which hosts a feature is for, and write a feature for each selection`,
    )
    this.rollout.stopAt(error)
    throw error
  }

  /**
   * Expects the list, or else the inventory, to have the hosts of the run that this one goes on from. A host that is new
   * there would never be asked, and one that is gone would still be changed.
   */
  private expectHostsOfBefore(should: readonly string[] | undefined): void {
    const { listed } = this.selection
    const written = listed ?? should
    if (written === undefined) return
    try {
      this.rollout.expectHostsOfBefore(written, listed === undefined ? 'the inventory' : 'the list of hosts')
    } catch (error) {
      if (error instanceof LockstepError) this.rollout.stopAt(error)
      throw error
    }
  }

  private expectSelection(): void {
    if (isEmpty(this.selection)) {
      const known = 'with class …, with fact …, with identity …, or the hosts listed in …'
      throw new LockstepError(
        'bad-feature',
        `no hosts are selected; say first: I want to update hosts ${known}`,
      )
    }
  }

  /**
   * Discovers hosts, for the whole window. Where the hosts are `known` beforehand, it ends when those that are not out
   * have answered, and the rest of the window goes on beside what follows. Listed hosts that are out are not asked.
   */
  private async look(
    known?: LimitedHosts,
    newcomer?: (host: string) => UnexpectedMessage,
  ): Promise<{ found: readonly string[]; unexpected: readonly UnexpectedMessage[] }> {
    const { fleet, audience } = this.rollout.ports
    const { budget, ports } = this.rollout
    const isMeant = (host: string) => !budget.isOut(host) && ports.limit?.hosts.has(host) !== false
    const listed = this.selection.listed?.filter(isMeant)
    const { hosts, unexpected, window } = await fleet.discover(
      { ...this.selection, listed },
      audience.tellWait,
      listed === undefined && newcomer !== undefined ? this.enough(known ?? NO_HOSTS, newcomer) : undefined,
    )
    if (window !== undefined) {
      this.windows.add(window)
      this.beganEarly ||= this.list === undefined
    }
    const alone = hosts.filter((host) => this.others.has(host))
    if (alone.length > 0 && this.list === undefined) audience.note(describeLeftAlone(alone, this.others))
    return { found: hosts.filter((host) => !this.others.has(host)), unexpected }
  }

  private async expectNobodyNew(): Promise<void> {
    const { rollout } = this
    const late = { what: 'late answers to the discovery' }
    await tellWhile(rollout.ports.audience.tellWait, late, () => this.windowsAreOver())
    rollout.expectGoingOn()
    if (!rollout.hasOverheardFailure) return
    const going = (this.list ?? []).filter((host) => !rollout.budget.isOut(host))
    const observations = going.map((host) => ({
      host,
      passed: true,
      kind: 'known' as const,
      seen: 'discovered',
    }))
    await rollout.conclude({ observations, unexpected: [] })
    rollout.expectGoingOn()
  }

  private enough(
    { within, outside }: LimitedHosts,
    newcomer: (host: string) => UnexpectedMessage,
  ): EnoughHosts | undefined {
    const { rollout } = this
    const hosts = within.filter((host) => !rollout.budget.isOut(host))
    if (hosts.length === 0) return undefined
    const names = new Set([...within, ...outside])
    return {
      hosts,
      onLater: (host) => {
        if (!names.has(host) && !this.others.has(host)) rollout.addUnsolicited(newcomer(host))
      },
      onUnexpected: (message) => rollout.addUnsolicited(message),
    }
  }

  /** Freezes the roll call. `should` is the hosts of the inventory, where the hosts are taken from there. */
  private async freeze(hosts: readonly string[], should?: readonly string[]): Promise<readonly string[]> {
    if (hosts.length === 0) {
      const nobody = hosts === should ? 'the inventory has no host' : 'no host was discovered'
      const error = new LockstepError(
        'nobody-discovered',
        `${nobody} ${describeSelection(this.selection)}; nothing was done`,
      )
      this.rollout.stopAt(error)
      throw error
    }
    const { within: list, outside } = this.divided([...hosts].sort(byName))
    const beside = outside.length === 0 ? {} : { outside }
    await this.rollout.ports.journal.append({ type: 'roll call', hosts: list, ...beside })
    this.isAsFound =
      should === undefined && this.rollout.hostsBefore === undefined && this.selection.listed === undefined
    this.list = Object.freeze([...list])
    this.alone = outside
    this.foundBy = this.selection
    this.names = new Set([...list, ...outside])
    return this.list
  }

  /**
   * Divides the roll call by the limit of the run, or as it was before.
   * @throws LockstepError `bad-input` when the limit names a host that is not in the roll call
   */
  private divided(all: readonly string[]): LimitedHosts {
    const { ports, hostsBefore, outsideBefore } = this.rollout
    if (this.list !== undefined) return { within: this.list, outside: this.alone }
    if (all.length === 0) return NO_HOSTS
    if (hostsBefore !== undefined || ports.limit === undefined)
      return { within: all, outside: hostsBefore === undefined ? [] : outsideBefore }
    try {
      return divideByLimit(all, ports.limit)
    } catch (error) {
      if (error instanceof LockstepError) this.rollout.stopAt(error)
      throw error
    }
  }
}

const NO_HOSTS: LimitedHosts = { within: [], outside: [] }
const NOBODY: ReadonlyMap<string, Observation> = new Map()

const collator = new Intl.Collator('en', { numeric: true })
const byName = (a: string, b: string) => collator.compare(a, b)
