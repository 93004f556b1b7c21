import type { HostList, HostRange } from '../rollout/model/host_list'
import { Progress } from '../rollout/model/progress'
import { placeRemaining, type RemainingHosts } from '../rollout/model/remaining'
import { isOfRollout, type RecordedEvent } from './events'
import type { PlacedHost } from './run_parts'

interface PlacedWave {
  name: string
  hosts: readonly HostRange[]
}

/** The place of a wave: the first has number 1. The number of all waves is undefined until it is told. */
export interface WavePlace {
  number: number
  of: number | undefined
}

/** The rollout of one feature of a run, by its events: its hosts, their waves, and how far they have come. */
export class FeaturePart {
  /** The hosts that failed within the failure budget, each with what was seen then. */
  readonly out = new Map<string, string>()
  private readonly progress = new Progress()
  private rollCall: readonly HostRange[] = []
  private notMeant: readonly string[] = []
  /** The waves, those to come among them; undefined until the first one is taken. */
  private waves: PlacedWave[] | undefined
  private left: readonly HostRange[] = []
  private taken = 0
  /** True once the waves to come are known. */
  private isForetold = false
  private moving: readonly string[] | undefined
  private stopped: readonly string[] | undefined
  private attemptedBefore: ReadonlySet<string> = new Set()

  /** Begins a feature; `isInWaves` says that the feature has waves, and `safe` that it begins in safe mode. */
  constructor(
    private readonly isInWaves: boolean,
    private named: string | undefined,
    private safe: boolean,
  ) {}

  /** True while nothing is changed by the feature: it is in safe mode, and its release is not activated. */
  get isSafe(): boolean {
    return this.safe
  }

  /** Takes in an event of the feature; `hosts` is the list that the event goes by. */
  apply(event: RecordedEvent, hosts: HostList): void {
    switch (event.type) {
      case 'roll call':
        this.rollCall = hosts.rangesOf(event.hosts)
        this.notMeant = event.outside ?? []
        break
      case 'release':
        this.named = event.release
        break
      case 'activated':
        this.safe = false
        break
      case 'went on':
        for (const [host, seen] of Object.entries(event.out)) this.out.set(host, seen)
        this.attemptedBefore = new Set(event.attempted)
        break
      case 'wave':
        this.take(event, hosts)
        break
      case 'waves':
        hosts.rangesOf(event.added)
        this.waves = [...event.waves]
        this.left = event.left
        this.taken = event.taken
        this.isForetold = true
        break
      case 'scenario passed':
        this.moving = undefined
        break
      case 'scenario ended':
        this.stop()
        break
      case 'out':
        for (const host of event.hosts) if (!this.out.has(host)) this.out.set(host, '')
        break
      case 'verdict':
        if (event.tolerated === true) this.putOut(event.cohorts, hosts)
        break
      default:
    }
    if (isOfRollout(event)) this.progress.hear(event)
  }

  /** Ends the wave that moves, which was not brought to its end. */
  stop(): void {
    this.stopped ??= this.moving
    this.moving = undefined
  }

  /** The hosts of the roll call that are outside the limit of the run. */
  get outside(): readonly string[] {
    return this.notMeant
  }

  get release(): string | undefined {
    return this.named
  }

  get restored(): readonly string[] {
    return [...this.progress.restored]
  }

  /** True when any host was told anything that changes it. */
  get hasChangedHosts(): boolean {
    return this.progress.attempted.size > 0
  }

  /** The place of the wave that moves among all waves of the feature; undefined while none moves. */
  get place(): WavePlace | undefined {
    const of = this.isForetold ? this.waves?.length : undefined
    return this.moving === undefined ? undefined : { number: this.taken, of }
  }

  /** True when a wave was not brought to its end. */
  get isUnfinished(): boolean {
    return this.stopped !== undefined || this.moving !== undefined
  }

  /**
   * Returns the hosts that are not done, in the order of their waves. The waves are left as they are written where those
   * to come are not known. `passed` says that all scenarios of the feature passed.
   */
  remaining(passed: boolean, hosts: HostList): RemainingHosts {
    const left = new Set([...this.progress.notDone(passed), ...this.out.keys()])
    const waves = (this.waves ?? []).map(({ name, hosts: own }) => ({ name, hosts: hosts.namesIn(own) }))
    const taken = this.isForetold ? waves.slice(0, this.taken) : []
    return placeRemaining(left, {
      all: hosts.namesIn(this.rollCall),
      taken,
      toCome: waves.slice(taken.length),
    })
  }

  /** Returns the hosts of the roll call. */
  knownHosts(hosts: HostList): string[] {
    return hosts.namesIn(this.rollCall)
  }

  /** The hosts that no wave has taken yet, and those of the wave that stopped, where nothing was tried on them. */
  notAttempted(hosts: HostList): string[] {
    const untaken =
      this.waves === undefined
        ? hosts.namesIn(this.isInWaves ? this.rollCall : [])
        : [
            ...this.waves.slice(this.taken).flatMap((wave) => hosts.namesIn(wave.hosts)),
            ...this.leftIn(hosts),
          ]
    const isUntouched = (host: string) =>
      !this.progress.attempted.has(host) && !this.attemptedBefore.has(host) && !this.out.has(host)
    return [...(this.stopped ?? []), ...untaken].filter(isUntouched)
  }

  /** Returns the hosts in the order of their waves, those of waves to come among them. */
  placedHosts(hosts: HostList): PlacedHost[] {
    if (this.waves === undefined || this.taken === 0)
      return hosts.namesIn(this.rollCall).map((host) => ({ host, wave: undefined }))
    const inWaves = this.waves.flatMap((wave, index) =>
      hosts.namesIn(wave.hosts).map((host) => ({ host, wave: `${index + 1}: ${wave.name}` })),
    )
    return [...inWaves, ...this.leftIn(hosts).map((host) => ({ host, wave: undefined }))]
  }

  /** Returns whether the events tell the last wave that was taken as it is. */
  hasTaken(taken: readonly { name: string; hosts: readonly string[] }[], hosts: HostList): boolean {
    if (taken.length !== this.taken || !this.isForetold) return false
    const [last, known] = [taken.at(-1), this.waves?.[this.taken - 1]]
    if (last === undefined) return true
    return known?.name === last.name && hosts.namesIn(known.hosts).join('\n') === last.hosts.join('\n')
  }

  private take({ name, hosts: names }: { name: string; hosts: readonly string[] }, hosts: HostList): void {
    this.moving = names
    const wave = { name, hosts: hosts.rangesOf(names) }
    const before = this.waves === undefined ? this.rollCall : this.left
    if (!this.isForetold) {
      const taken = new Set(names)
      this.left = hosts.rangesOf(hosts.namesIn(before).filter((host) => !taken.has(host)))
    }
    this.waves ??= [wave]
    this.waves[this.taken] ??= wave
    this.taken += 1
  }

  private putOut(cohorts: Extract<RecordedEvent, { type: 'verdict' }>['cohorts'], hosts: HostList): void {
    for (const { passed, seen, hosts: ranges } of cohorts)
      if (!passed)
        for (const host of hosts.namesIn(ranges))
          if ((this.out.get(host) ?? '') === '') this.out.set(host, seen)
  }

  private leftIn(hosts: HostList): string[] {
    return hosts.namesIn(this.left)
  }
}
