import { LockstepError } from '../system/errors'
import { release } from './holding'
import type { Hold } from './ports'
import type { Rollout } from './rollout'
import { count, holds, type Observation, type Verdict } from './verdict'

/**
 * What becomes of the hosts when a rollout has stopped: nothing, unless the feature says otherwise. Whatever is done
 * here is reported like a step, and never hides what stopped the rollout.
 */
export class AfterFailure {
  /** Hosts that held on every line go back into rotation. */
  healthyGoBack = false
  /** Every host that was changed gets the version it had. */
  versionsGoBack = false
  private settled = false

  constructor(private readonly rollout: Rollout) {}

  /** Does what the feature says, once. Not when the operator asked to stop, nor when nothing can be written down. */
  async settle(): Promise<void> {
    const { halted } = this.rollout
    if (this.settled || halted === undefined || !UNDONE_AFTER.has(halted.code)) return
    this.settled = true
    if (!this.healthyGoBack && !this.versionsGoBack) return
    try {
      const bad = new Set(this.unwell())
      if (this.versionsGoBack) await this.restoreVersions(bad)
      if (this.healthyGoBack) await this.releaseAllBut(bad)
    } catch (error) {
      const why = error instanceof Error ? error.message : String(error)
      this.rollout.ports.audience.note(`what was to be done after the failure could not be finished: ${why}`)
    }
  }

  private unwell(): string[] {
    const failing = this.rollout.failure?.observations.filter(({ held }) => !held) ?? []
    return [...failing.map(({ host }) => host), ...this.rollout.budget.out.keys()]
  }

  /** The last wave first; a host that is back in rotation is taken out for it and put back when it is seen to be restored. */
  private async restoreVersions(bad: Set<string>): Promise<void> {
    for (const hosts of this.groups()) {
      for (const { name, had } of this.rollout.packages.touched()) {
        const touched = hosts.filter((host) => had.has(host))
        if (touched.length === 0) continue
        const serving = await this.takeOutOfRotation(touched)
        if (serving === undefined) return
        const restored = await this.restore(name, had, touched)
        for (const { host, held } of restored.observations) {
          if (held) bad.delete(host)
          else bad.add(host)
        }
        await this.putBack(serving.filter((host) => !bad.has(host)))
        // What could not be undone on one wave would be no better on the next, and would take more hosts out.
        if (!holds(restored)) return
      }
    }
  }

  private groups(): readonly (readonly string[])[] {
    const waves = this.rollout.waves.taken.map(({ hosts }) => hosts)
    return waves.length > 0 ? waves.reverse() : [this.rollout.hosts.known ?? []]
  }

  private async restore(
    name: string,
    had: ReadonlyMap<string, string>,
    hosts: readonly string[],
  ): Promise<Verdict> {
    const byVersion = new Map<string, string[]>()
    for (const host of hosts) {
      const version = had.get(host) ?? ''
      byVersion.set(version, [...(byVersion.get(version) ?? []), host])
    }
    const observations: Observation[] = []
    for (const [version, group] of byVersion)
      observations.push(...(await this.rollout.packages.putBack(name, version, group)).observations)
    return this.report(`${name} goes back to the version it had`, { observations, strays: [] })
  }

  /** Those of `hosts` that were in rotation and are out now; undefined when they cannot all be taken out. */
  private async takeOutOfRotation(hosts: readonly string[]): Promise<readonly string[] | undefined> {
    const balancer = this.rollout.traffic.through
    const held = new Set(this.rollout.ledger.holding.flatMap((each) => each.hosts))
    const serving = hosts.filter((host) => !held.has(host))
    if (balancer === undefined || serving.length === 0) return []
    await this.rollout.traffic.pool.expectRoomToTakeOut(balancer, serving)
    await this.rollout.ledger.opening(balancer, serving)
    await balancer.block(serving, this.rollout.reach)
    const seen = await balancer.look(serving, this.rollout.reach)
    const observations = serving.map((host): Observation => {
      const answer = seen.outcomes.get(host)
      const state = answer === undefined ? undefined : balancer.read(answer)
      return {
        host,
        held: state?.held === true,
        kind: answer?.kind ?? 'silent',
        seen: state?.seen ?? 'no answer',
      }
    })
    const verdict = await this.report(`${balancer.obligation}: taken out of rotation`, {
      observations,
      strays: [],
    })
    return holds(verdict) ? serving : undefined
  }

  private async putBack(hosts: readonly string[]): Promise<void> {
    const balancer = this.rollout.traffic.through
    if (balancer === undefined || hosts.length === 0) return
    await this.releaseFrom(balancer, hosts)
  }

  private async releaseAllBut(bad: ReadonlySet<string>): Promise<void> {
    for (const { hold, hosts } of this.rollout.ledger.holding) {
      const healthy = hosts.filter((host) => !bad.has(host))
      if (healthy.length > 0) await this.releaseFrom(hold, healthy)
    }
  }

  private async releaseFrom(hold: Hold, hosts: readonly string[]): Promise<void> {
    await this.report(`${hold.obligation}: released`, await release(this.rollout, hold, hosts))
  }

  private async report(what: string, verdict: Verdict): Promise<Verdict> {
    const { audience, journal } = this.rollout.ports
    audience.undone(what, verdict)
    await journal.append({ type: 'undone', what, held: holds(verdict), counts: { ...count(verdict) } })
    return verdict
  }
}

const UNDONE_AFTER = new Set<LockstepError['code']>(['diverged', 'gate-closed', 'balancer-failed'])
