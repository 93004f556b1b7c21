import { LockstepError } from '../../system/errors'
import type { StepContext } from '../engine/step_context'
import { lookAt, type OpenObligations } from '../engine/still_out'
import type { Obligation } from '../model/obligation'
import type { Observation, Verdict } from '../model/verdict'
import type { Balancer } from '../ports'
import { putBackAndLook } from './obligations'
import type { Packages } from './packages'
import type { Traffic } from './traffic'
import { groupBy } from '../../system/groups'

/** A rollout that has stopped. */
export interface StoppedRollout extends OpenObligations {
  /** The reason why it has stopped; undefined when it has not. */
  readonly halted: LockstepError | undefined
  /** The hosts that failed, at the last line or within the budget before it. */
  readonly unwell: readonly string[]
  /** The hosts that may have been touched, the last wave first; those in no wave come at the end. */
  readonly lastWaveFirst: readonly (readonly string[])[]
  /** True when the operator has asked to stop. */
  readonly isStopping: boolean
  readonly packages: Pick<Packages, 'touched' | 'putBack'>
  readonly traffic: Pick<Traffic, 'through' | 'pool'>
  /** Makes known what was done, and what came of it. */
  report(what: string, verdict: Verdict): Promise<void>
}

/**
 * The fate of the hosts when a rollout has stopped: nothing is done, unless the feature says otherwise. What is done
 * here is reported like a step, and never hides what stopped the rollout.
 */
export class AfterFailure {
  /** True when hosts that passed on every line go back into rotation. */
  healthyGoBack = false
  /** True when every host that was changed gets the version it had. */
  versionsGoBack = false
  private settled = false

  constructor(
    private readonly step: Pick<StepContext, 'executor' | 'append' | 'note'>,
    private readonly rollout: StoppedRollout,
  ) {}

  /**
   * Does what the feature says, once. Does nothing when the operator asked to stop, before or meanwhile, nor when
   * nothing can be written down.
   */
  settle(): Promise<void> {
    return this.step.executor.undo(() => this.settleOnce())
  }

  private async settleOnce(): Promise<void> {
    const { halted } = this.rollout
    if (this.settled || halted === undefined || !UNDONE_AFTER.has(halted.code)) return
    this.settled = true
    if (!this.healthyGoBack && !this.versionsGoBack) return
    try {
      const bad = new Set(this.rollout.unwell)
      if (this.versionsGoBack) await this.restoreVersions(bad)
      if (this.healthyGoBack) await this.releaseAllBut(bad)
    } catch (error) {
      const why = error instanceof Error ? error.message : String(error)
      this.step.note(`what was to be done after the failure could not be finished: ${why}`)
    }
  }

  /**
   * Restores versions, the last wave first. A host that is back in rotation is taken out for it, and put back when seen
   * to be restored.
   */
  private async restoreVersions(bad: Set<string>): Promise<void> {
    for (const hosts of this.rollout.lastWaveFirst) {
      for (const { name, had } of this.rollout.packages.touched()) {
        const touched = hosts.filter((host) => had.has(host))
        if (touched.length === 0) continue
        this.expectGoingOn()
        const { serving, out } = await this.outOfRotation(touched)
        const restored = await this.restore(name, had, touched, new Set(out))
        for (const host of touched) bad.add(host)
        for (const { host, passed } of restored.observations) if (passed) bad.delete(host)
        await this.putBack(serving.filter((host) => !bad.has(host)))
        // A change that could not be undone on one wave would take more hosts out on the next.
        if (touched.some((host) => bad.has(host))) return
      }
    }
  }

  private async restore(
    name: string,
    had: ReadonlyMap<string, string>,
    hosts: readonly string[],
    out: ReadonlySet<string>,
  ): Promise<Verdict> {
    const isOut = (host: string) => out.has(host)
    const byVersion = groupBy(hosts.filter(isOut), (host) => had.get(host) ?? '')
    const observations: Observation[] = hosts
      .filter((host) => !isOut(host))
      .map((host) => ({ host, passed: false, kind: 'known', seen: NOT_OUT }))
    // On disk before the first host gets the order: no reader may count a host as done that may go back.
    const told = [...byVersion.values()].flat()
    if (told.length > 0) await this.step.append({ type: 'restoring', package: name, hosts: told })
    for (const [version, group] of byVersion)
      observations.push(...(await this.rollout.packages.putBack(name, version, group)).observations)
    return this.report(`${name} goes back to the version it had`, { observations, unexpected: [] })
  }

  /**
   * Returns the hosts seen to be out of rotation, and those that had to be taken out for it. The ledger alone does not
   * tell: an order to go back may have been carried out unheard.
   */
  private async outOfRotation(
    hosts: readonly string[],
  ): Promise<{ out: readonly string[]; serving: readonly string[] }> {
    const { through: balancer, pool } = this.rollout.traffic
    if (balancer === undefined) return { out: hosts, serving: [] }
    const before = await this.seenOut(balancer, hosts)
    const serving = hosts.filter((host) => !before.some((seen) => seen.host === host && seen.passed))
    if (serving.length === 0) return { out: hosts, serving }
    await pool.expectRoomToTakeOut(balancer, serving)
    await this.rollout.ledger.open(balancer, serving)
    await balancer.block(serving, this.rollout.reach)
    const observations = await this.seenOut(balancer, serving)
    await this.report(`${balancer.name}: taken out of rotation`, { observations, unexpected: [] })
    const stillIn = new Set(observations.filter(({ passed }) => !passed).map(({ host }) => host))
    return { out: hosts.filter((host) => !stillIn.has(host)), serving }
  }

  private async seenOut(balancer: Balancer, hosts: readonly string[]): Promise<Observation[]> {
    const { outcomes } = await lookAt(this.rollout, balancer, hosts)
    return hosts.map((host) => {
      const answer = outcomes.get(host) ?? { kind: 'silent' as const, waited: 0 }
      const { isOpen, seen } = balancer.read(answer)
      return { host, passed: isOpen === true, kind: answer.kind, seen }
    })
  }

  private async putBack(hosts: readonly string[]): Promise<void> {
    const balancer = this.rollout.traffic.through
    if (balancer === undefined || hosts.length === 0) return
    await this.putBackFrom(balancer, hosts)
  }

  private async releaseAllBut(bad: ReadonlySet<string>): Promise<void> {
    for (const { obligation, hosts } of this.rollout.ledger.ownLastFirst) {
      const healthy = hosts.filter((host) => !bad.has(host))
      if (healthy.length === 0) continue
      this.expectGoingOn()
      await this.putBackFrom(obligation, healthy)
    }
  }

  /**
   * Expects no request to stop. An operator who asks to stop wants to look. What was begun comes to its end, and no
   * more hosts are taken out or put back.
   */
  private expectGoingOn(): void {
    if (this.rollout.isStopping) throw new LockstepError('interrupted', 'the operator asked to stop')
  }

  private async putBackFrom(obligation: Obligation, hosts: readonly string[]): Promise<void> {
    await this.report(`${obligation.name}: put back`, await putBackAndLook(this.rollout, obligation, hosts))
  }

  private async report(what: string, verdict: Verdict): Promise<Verdict> {
    await this.rollout.report(what, verdict)
    return verdict
  }
}

const NOT_OUT = 'not touched: it was not seen to be out of rotation'
const UNDONE_AFTER = new Set<LockstepError['code']>(['diverged', 'gate-closed', 'balancer-failed'])
