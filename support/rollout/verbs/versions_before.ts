import { asking, type Refusals } from '../engine/change'
import type { StepContext } from '../engine/step_context'
import type { HostGateway } from '../model/obligation'
import { NOT_KNOWN } from '../model/planned_state'
import { observationOf } from '../model/reading'
import type { Observation } from '../model/verdict'
import { goesBack, leavesEpochOut, wouldGoBack, type VersionOrder } from '../model/versions'
import {
  byVersion,
  ensureIn,
  NOT_INSTALLED,
  orderIn,
  packageStatus,
  versionIn,
  versionsIn,
} from './package_answer'

/** The wishes of a feature for which the versions before a change have to be known. */
export interface VersionNeeds {
  /** Returns whether a host may get an older version than it has. */
  mayGoBack: () => boolean
  /** Returns whether hosts get the version back that they had, should a line fail. */
  areRestored: () => boolean
  /** Returns whether the rollout is for a named release. */
  areOfRelease: () => boolean
  /** True where a named release is recorded, with the versions before it. */
  keepsHistory: boolean
}

type Versions = ReadonlyMap<string, ReadonlyMap<string, string>>

/** The versions that hosts had before the first change of a rollout, by package and host. */
export class VersionsBefore {
  private readonly had = new Map<string, Map<string, string>>()
  private readonly changed = new Map<string, Set<string>>()
  /** The versions that hosts would have when first asked for them, where nothing is changed. */
  private readonly plannedHad = new Map<string, Map<string, string>>()
  private readonly orders = new Map<string, VersionOrder | undefined>()

  /** `earlier` is the versions that hosts had before the run that this one goes on from. */
  constructor(
    private readonly step: Pick<StepContext, 'append'>,
    private readonly needs: VersionNeeds,
    private readonly earlier: Versions,
  ) {}

  /** True when hosts have to be asked for their versions before they are changed, which costs a question. */
  get areNeeded(): boolean {
    const { mayGoBack, areRestored, areOfRelease, keepsHistory } = this.needs
    return !mayGoBack() || areRestored() || (keepsHistory && areOfRelease())
  }

  /**
   * Returns whether hosts have to be looked at after a change, as they may have got an older version than they had. What
   * is `wanted` tells that before, unless it leaves out an epoch.
   */
  mayHaveGoneBack(name: string, wanted: string | undefined): boolean {
    if (this.needs.mayGoBack()) return false
    const had = [...(this.had.get(name)?.values() ?? [])]
    return wanted === undefined || had.some((version) => leavesEpochOut(wanted, version))
  }

  /**
   * Asks hosts which version they have now, and keeps it. Refuses hosts that do not say, and those that `wanted` would
   * bring back to an older version where no host may go back.
   */
  async record(
    name: string,
    hosts: readonly string[],
    wanted: string | undefined,
    gateway: HostGateway,
  ): Promise<Refusals> {
    const answers = await asking(packageStatus(name))(hosts, gateway)
    const had = this.had.get(name) ?? new Map(this.earlier.get(name))
    this.had.set(name, had)
    const observations = hosts.map((host) =>
      observationOf(host, answers, (answer) => {
        const seen = versionIn(answer)
        if (ensureIn(answer) === undefined)
          return { passed: false, seen: `does not say which version it has: ${seen}` }
        this.orders.set(host, orderIn(answer))
        if (!had.has(host)) had.set(host, seen)
        return { passed: true, seen }
      }),
    )
    const known = observations.filter(({ passed }) => passed)
    await this.step.append({
      type: 'had',
      package: name,
      versions: byVersion(versionsIn({ observations: known })),
    })
    const judged = observations.map((seen) =>
      wanted === undefined ? seen : this.refuseToGoBack(name, seen, wanted, wouldGoBack),
    )
    this.noteChanged(
      name,
      judged.flatMap(({ host, passed }) => (passed ? [host] : [])),
    )
    return { refused: judged.filter(({ passed }) => !passed), unexpected: answers.unexpected }
  }

  /**
   * Returns an observation that fails where the host would go back, or has gone back, to an older version. `next` is
   * undefined where it is not known; `isOlder` compares it.
   */
  refuseToGoBack(
    name: string,
    observation: Observation,
    next: string | undefined,
    isOlder: typeof goesBack = goesBack,
  ): Observation {
    const { host, passed } = observation
    const had = this.needs.mayGoBack() ? undefined : this.had.get(name)?.get(host)
    if (!passed || had === undefined || NOT_INSTALLED.has(had)) return observation
    const fails = (seen: string) => ({ ...observation, passed: false, seen })
    if (next === undefined) return fails(`has had ${had}, and does not say which version it has now`)
    const isBack = isOlder(had, next, this.orders.get(host))
    if (isBack === false) return observation
    return fails(
      isBack === undefined
        ? `has ${had}; by its package manager's order it cannot be told whether ${next} is older`
        : `would go back from ${had} to ${next}`,
    )
  }

  /**
   * Returns the version that a planned change is compared with where no host may go back. It is what the host would
   * have when first asked: `now`, unless a line before has asked. Undefined where any version is as good, and where it
   * is not known.
   */
  plannedBaseline(name: string, host: string, now: string): string | undefined {
    const { mayGoBack, areRestored, areOfRelease } = this.needs
    const had = this.plannedHad.get(name) ?? new Map<string, string>()
    this.plannedHad.set(name, had)
    const isAsked = !mayGoBack() || areRestored() || areOfRelease()
    if (isAsked && !had.has(host) && now !== NOT_KNOWN) had.set(host, now)
    const baseline = mayGoBack() ? undefined : had.get(host)
    return baseline === undefined || NOT_INSTALLED.has(baseline) ? undefined : baseline
  }

  /** Returns the packages that were changed, each with the version that each host had before. */
  touched(): { name: string; had: ReadonlyMap<string, string> }[] {
    return [...this.changed].map(([name, hosts]) => {
      const known = this.had.get(name) ?? new Map<string, string>()
      return { name, had: new Map([...known].filter(([host]) => hosts.has(host))) }
    })
  }

  private noteChanged(name: string, hosts: readonly string[]): void {
    const changed = this.changed.get(name) ?? new Set()
    this.changed.set(name, changed)
    for (const host of hosts) changed.add(host)
  }
}
