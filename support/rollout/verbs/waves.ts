import { LockstepError } from '../../system/errors'
import { observationOf, shown } from '../engine/observe'
import type { Rollout } from '../rollout'
import { describe, hosts as counted, type Verdict } from '../model/verdict'
import { describeSize, nextWave, planWaves, shuffled, type Wave, type WaveSize } from '../model/wave_plan'

export type WaveOrder = 'as listed' | 'sorted by name' | { seed: number | undefined }

/** The parts of the roll call that move together, one after the other; a host belongs to one. */
export class Waves {
  private rows: readonly WaveSize[] = []
  private wanted: WaveOrder | undefined
  private pauseBetween = 0
  private order: readonly string[] | undefined
  private readonly facts = new Map<string, Map<string, string>>()
  private readonly begun: Wave[] = []
  private moving: Wave | undefined
  private stopped: Wave | undefined
  private nobodyLeft = false

  constructor(private readonly rollout: Rollout) {}

  /** The wave that moves now. */
  get current(): Wave | undefined {
    return this.moving
  }

  /** True in a scenario whose wave found no host to take: no line of it is for any host. */
  get tookNobody(): boolean {
    return this.nobodyLeft
  }

  get taken(): readonly Wave[] {
    return this.begun
  }

  /** The hosts of the wave that was not brought to its end. */
  get unfinished(): readonly string[] {
    return this.stopped?.hosts ?? []
  }

  /** The waves of the feature's table that are still to come. */
  get toCome(): readonly Wave[] {
    const sizes = this.rows.slice(this.begun.length)
    return planWaves(sizes, this.left, this.order ?? [], this.factOf).waves
  }

  /** Sets the sizes of all waves of the feature. Hosts in none of them are found before the first one moves. */
  foretold(rows: readonly WaveSize[]): void {
    this.rows = rows
  }

  /**
   * Sets the order in which hosts are taken.
   * @throws LockstepError `bad-feature` when the first wave has been taken in another order
   */
  inOrder(order: WaveOrder): void {
    if (this.order !== undefined && JSON.stringify(order) !== JSON.stringify(this.wanted))
      throw new LockstepError(
        'bad-feature',
        'the first wave has been taken already; say in the Background in which order',
      )
    this.wanted = order
  }

  soak(ms: number): void {
    this.pauseBetween = ms
  }

  /** Ends a wave: after a scenario, steps are for the whole roll call again. */
  endWave(passed: boolean): void {
    if (!passed) this.stopped ??= this.moving
    this.moving = undefined
    this.nobodyLeft = false
  }

  /** The hosts that no wave has taken yet; none when the feature has no waves. */
  get left(): readonly string[] {
    if (this.begun.length === 0 && this.rows.length === 0) return []
    const taken = new Set(this.begun.flatMap(({ hosts }) => hosts))
    return (this.order ?? this.rollout.hosts.known ?? []).filter((host) => !taken.has(host))
  }

  /** Takes the next wave; undefined when no host is left to take. */
  async take(size: WaveSize): Promise<Verdict | undefined> {
    this.rollout.expectGoingOn()
    const all = await this.ordered()
    const missing = await this.learnFacts([size, ...this.rows], all)
    if (missing !== undefined) return this.unplaced(missing)
    this.expectAllTaken(all)
    this.expectNoneEmpty(all)
    const wave = nextWave(size, this.begun.length === 0 ? all : this.left, all, this.factOf)
    if (wave.hosts.length === 0) {
      this.rollout.ports.audience.note(`nobody was left for the wave ${describeSize(size)}`)
      this.begun.push(wave)
      this.nobodyLeft = true
      return undefined
    }
    const isLive = this.rollout.scenarioCheckpoint === undefined && this.rollout.planState === undefined
    const soaks = isLive && this.begun.length > 0 && this.pauseBetween > 0
    this.rollout.planState?.use()
    if (soaks) await this.rollout.wait(this.pauseBetween)
    this.rollout.gates.expectOpen()
    await this.rollout.ports.journal.append({ type: 'wave', ...wave })
    this.begun.push(wave)
    this.moving = wave
    const hosts = await this.rollout.moving()
    const observations = hosts.map((host) => ({
      host,
      passed: true,
      kind: 'known' as const,
      seen: wave.name,
    }))
    return this.rollout.conclude({ observations, unexpected: [] })
  }

  /** Stops the rollout, or its plan: a host of no wave does not move, whatever the failure budget allows. */
  private async unplaced(missing: Verdict): Promise<Verdict> {
    const verdict = await this.rollout.conclude(missing, { budgeted: false })
    this.rollout.stopAt(new LockstepError('diverged', describe(verdict)))
    return verdict
  }

  private readonly factOf = (host: string, fact: string) => this.facts.get(fact)?.get(host) ?? ''

  private expectAllTaken(all: readonly string[]): void {
    if (this.begun.length > 0 || this.rows.length === 0) return
    const { left } = planWaves(this.rows, all, all, this.factOf)
    if (left.length === 0) return
    const error = new LockstepError(
      'bad-feature',
      `the waves ${this.rows.map(describeSize).join(', ')} take ${all.length - left.length} of ${counted(all.length)}; in no wave: ${named(left)}. ${this.remedy(all)}; no host was touched`,
    )
    this.rollout.stopAt(error)
    throw error
  }

  /**
   * Expects a host for each row: a table with rows that no host is left for was meant for another fleet. The row
   * `the rest` may take no host.
   */
  private expectNoneEmpty(all: readonly string[]): void {
    if (this.begun.length > 0) return
    const { waves } = planWaves(this.rows, all, all, this.factOf)
    const first = waves.findIndex(({ hosts }, row) => hosts.length === 0 && this.rows[row]?.kind !== 'rest')
    if (first < 0) return
    const error = new LockstepError(
      'bad-feature',
      `the waves ${this.rows.map(describeSize).join(', ')} are more than ${counted(all.length)} can make: nobody is left for wave ${first + 1} of ${waves.length}, ${describeSize(this.rows[first] ?? { kind: 'rest' })}. Leave out rows; no host was touched`,
    )
    this.rollout.stopAt(error)
    throw error
  }

  private remedy(all: readonly string[]): string {
    const each = this.rows.find((size) => size.kind === 'each')
    if (each?.kind !== 'each') return 'Let the last wave be: the rest'
    const values = [...new Set(all.map((host) => this.factOf(host, each.fact)))]
    return `There are ${values.length} values of ${each.fact} (${values.slice(0, 10).join(', ')}): write the row "each ${each.fact}" as many times`
  }

  private async ordered(): Promise<readonly string[]> {
    if (this.order !== undefined) return this.order
    const all = await this.rollout.hosts.frozen()
    this.order = Object.freeze(await this.arranged(all))
    return this.order
  }

  private async arranged(all: readonly string[]): Promise<readonly string[]> {
    const listed = this.rollout.hosts.inListedOrder()
    if (typeof this.wanted === 'object') {
      const seed = this.wanted.seed ?? this.rollout.checkpoint?.seed ?? this.rollout.ports.newSeed()
      await this.rollout.ports.journal.append({ type: 'order', seed })
      this.rollout.ports.audience.note(`the hosts were taken in random order, with seed ${seed}`)
      return shuffled(all, seed)
    }
    if (this.wanted === 'as listed' && listed === undefined) {
      throw new LockstepError('bad-feature', 'the hosts come from no list, so they cannot be taken as listed')
    }
    return this.wanted === 'sorted by name' ? all : (listed ?? all)
  }

  /** Asks all hosts for the facts that waves go by. Resolves with a verdict when one of them does not say. */
  private async learnFacts(sizes: readonly WaveSize[], all: readonly string[]): Promise<Verdict | undefined> {
    for (const size of sizes) {
      if (size.kind !== 'each' || this.facts.has(size.fact)) continue
      const { fact } = size
      const request = { agent: 'rpcutil', action: 'get_fact', inputs: { fact }, mutating: false }
      const answers = await this.rollout.ask(request, all)
      const values = new Map<string, string>()
      const observations = all.map((host) =>
        observationOf(host, answers, (answer) => {
          const value = answer.kind === 'answered' ? answer.data['value'] : undefined
          if (value === undefined || value === null || value === '')
            return { passed: false, seen: `has no fact ${fact}` }
          values.set(host, shown(value))
          return { passed: true, seen: `${fact} ${shown(value)}` }
        }),
      )
      if (values.size < all.length) return { observations, unexpected: answers.unexpected }
      this.facts.set(fact, values)
    }
    return undefined
  }
}

function named(hosts: readonly string[]): string {
  return hosts.length > 10
    ? `${hosts.slice(0, 10).join(', ')} and ${hosts.length - 10} more`
    : hosts.join(', ')
}
