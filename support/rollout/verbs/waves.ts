import { LockstepError } from '../../system/errors'
import type { StepContext } from '../engine/step_context'
import { compareWith } from '../model/compare_with'
import { describe, type Verdict } from '../model/verdict'
import { describeSize, nextWave, planWaves, shuffle, type Wave, type WaveSize } from '../model/wave_plan'
import { faultOfTable } from '../model/wave_table'
import type { RollCall } from './roll_call'
import { WaveFacts, type HostsOut } from './wave_facts'

export type WaveOrder = 'as listed' | 'sorted by name' | { seed: number | undefined }

interface Around extends HostsOut {
  hosts: Pick<RollCall, 'known' | 'inListedOrder'>
  /** Expects that a wave may begin now. @throws LockstepError `gate-closed` */
  expectOpen: () => void
  /**
   * Expects a wave to have the hosts that an earlier run of the rollout gave it.
   * @throws LockstepError `bad-input` when it has others
   */
  expectSame: (wave: Wave) => void
  /** Returns the seed of a random order, the same for all waves of a rollout and of those that resume it. */
  newSeed: () => number
}

/** The parts of the roll call that move together, one after the other; a host belongs to one. */
export class Waves {
  private rows: readonly WaveSize[] = []
  private wanted: WaveOrder | undefined
  private pauseBetween = 0
  private order: readonly string[] | undefined
  private readonly facts: WaveFacts
  private readonly begun: Wave[] = []
  private moving: Wave | undefined
  private stopped: Wave | undefined
  private nobodyLeft = false

  constructor(
    private readonly step: StepContext,
    private readonly around: Around,
  ) {
    this.facts = new WaveFacts(step, around)
  }

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
    return planWaves(sizes, this.left, this.placeable, this.facts.factOf).waves
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
    return this.placeable.filter((host) => !taken.has(host))
  }

  /** The hosts that can be in a wave: a host that was out before it told its facts is in none. */
  private get placeable(): readonly string[] {
    return (this.order ?? this.around.hosts.known ?? []).filter((host) => this.facts.areKnownOf(host))
  }

  /** Takes the next wave; undefined when no host is left to take. */
  async take(size: WaveSize): Promise<Verdict | undefined> {
    this.step.expectGoingOn()
    const missing = await this.facts.learn([size, ...this.rows], await this.ordered())
    if (missing !== undefined) return this.unplaced(missing)
    const all = this.placeable
    this.expectWholeTable(all)
    const wave = nextWave(size, this.begun.length === 0 ? all : this.left, all, this.facts.factOf)
    this.expectSame(wave)
    if (wave.hosts.length === 0) {
      this.step.note(`nobody was left for the wave ${describeSize(size)}`)
      this.begun.push(wave)
      this.nobodyLeft = true
      return undefined
    }
    await this.step.executor.soak(this.begun.length > 0 ? this.pauseBetween : 0)
    this.around.expectOpen()
    await this.step.append({ type: 'wave', ...wave })
    this.begun.push(wave)
    this.moving = wave
    const hosts = await this.step.moving()
    const observations = hosts.map((host) => ({
      host,
      passed: true,
      kind: 'known' as const,
      seen: wave.name,
    }))
    return this.step.executor.conclude({ observations, unexpected: [] })
  }

  /** Stops the rollout, or its plan: a host of no wave does not move, with any failure budget. */
  private async unplaced(missing: Verdict): Promise<Verdict> {
    const verdict = await this.step.executor.conclude(missing, { budgeted: false })
    this.step.stopAt(new LockstepError('diverged', describe(verdict)))
    return verdict
  }

  private expectSame(wave: Wave): void {
    try {
      this.around.expectSame(wave)
    } catch (error) {
      if (error instanceof LockstepError) this.step.stopAt(error)
      throw error
    }
  }

  private expectWholeTable(all: readonly string[]): void {
    const fault = this.begun.length > 0 ? undefined : faultOfTable(this.rows, all, this.facts.factOf)
    if (fault === undefined) return
    const error = new LockstepError('bad-feature', fault)
    this.step.stopAt(error)
    throw error
  }

  private async ordered(): Promise<readonly string[]> {
    if (this.order !== undefined) return this.order
    const all = await this.step.frozen()
    this.order = Object.freeze(await this.arranged(all))
    return this.order
  }

  private async arranged(all: readonly string[]): Promise<readonly string[]> {
    const listed = this.around.hosts.inListedOrder()
    if (typeof this.wanted === 'object') {
      const seed = this.wanted.seed ?? this.around.newSeed()
      await this.step.append({ type: 'order', seed })
      this.step.note(`the hosts were taken in random order, with seed ${seed}`)
      return shuffle(all, seed)
    }
    if (this.wanted === 'as listed' && listed === undefined) {
      throw new LockstepError('bad-feature', 'the hosts come from no list, so they cannot be taken as listed')
    }
    if (this.wanted === 'sorted by name' || listed === undefined) return all
    // A host that left the list since it was found belongs to a wave as well.
    return [...listed, ...compareWith(all, listed).missing]
  }
}
