import { LockstepError } from '../../system/errors'
import { IN } from './obligations'
import { notKnown, NOT_KNOWN_BEFORE } from '../engine/executor'
import type { StepContext } from '../engine/step_context'
import type { Balancer, PoolMember } from '../ports'
import { clean, hosts as counted, type Verdict } from '../model/verdict'

export type PoolMinimum = { hosts: number } | { percent: number }

/**
 * The part of the pool that stays in service while hosts are taken out. It is judged by what the balancer itself says
 * at that moment.
 */
export class Pool {
  private minimum: PoolMinimum | undefined
  private mayBeEmpty = false

  constructor(private readonly step: StepContext) {}

  keepAtLeast(minimum: PoolMinimum): void {
    this.minimum = minimum
  }

  /** Allows the whole pool to be out at once. */
  mayGoEntirely(): void {
    this.mayBeEmpty = true
  }

  /**
   * Expects enough of the pool to stay in service without `hosts`.
   * @throws LockstepError `gate-closed` before any host is touched
   */
  async expectRoomToTakeOut(balancer: Balancer, hosts: readonly string[]): Promise<void> {
    if (this.minimum === undefined && (this.mayBeEmpty || balancer.lastMayGo)) return
    const members = await this.membersOf(balancer)
    if (members === undefined)
      return this.step.note(`how many hosts would be left in service ${NOT_KNOWN_BEFORE}`)
    const going = new Set(hosts)
    const inService = members.filter((member) => member.inService)
    const staying = inService.filter(({ name }) => !going.has(name)).length
    const needed = this.needed(members.length)
    if (staying >= needed || staying === inService.length) return
    const error = new LockstepError(
      'gate-closed',
      `${inService.length} of ${counted(members.length)} of the pool are in service; with ${counted(inService.length - staying)} out there would be ${staying}, and ${needed} must stay; no host was touched`,
    )
    this.step.stopAt(error)
    throw error
  }

  /** Returns whether each of `waves` may be out at once in a pool of `hosts` hosts, all in service. */
  hasRoomFor(waves: readonly number[], hosts: number): boolean {
    return this.minimum === undefined || waves.every((size) => hosts - size >= this.needed(hosts))
  }

  shouldHaveInService(balancer: Balancer, wanted: number): Promise<Verdict> {
    return this.step.executor.appraise(async () => {
      const members = await this.membersOf(balancer)
      if (members === undefined) return notKnown(balancer.name)
      const n = members.filter(({ inService }) => inService).length
      const observations = members.map(({ name, inService, seen }) => ({
        host: name,
        passed: n === wanted,
        kind: 'answered' as const,
        seen: n === wanted ? (inService ? 'in service' : 'out of service') : clean(seen),
      }))
      return { observations, unexpected: [] }
    })
  }

  /** Returns the members as they are by now, hosts outside the limit of the run among them. Undefined where that cannot be known. */
  private async membersOf(balancer: Balancer): Promise<readonly PoolMember[] | undefined> {
    const { executor } = this.step
    const members = await balancer.pool(await this.step.wholeRollCall(), executor.gateway)
    const expected = members.map(({ name }) => executor.expect(balancer.name, name))
    if (expected.includes('not known')) return undefined
    return members.map((member, index) => {
      const byThen = expected[index]
      if (typeof byThen !== 'object') return member
      const inService = byThen.state === IN
      return { ...member, inService, seen: inService ? 'would be in service' : 'would be out of service' }
    })
  }

  private needed(members: number): number {
    if (this.minimum === undefined) return 1
    return 'hosts' in this.minimum ? this.minimum.hosts : Math.ceil((members * this.minimum.percent) / 100)
  }
}

/** Parses `60%` or `3 hosts`; undefined for what is neither. */
export function parsePoolMinimum(written: string): PoolMinimum | undefined {
  const [, n, percent] = /^(?:([1-9]\d{0,5}) hosts?|([1-9]\d?|100)%)$/.exec(written) ?? []
  if (n !== undefined) return { hosts: Number(n) }
  return percent === undefined ? undefined : { percent: Number(percent) }
}
