import { LockstepError } from '../system/errors'
import type { Balancer } from './ports'
import type { Rollout } from './rollout'
import { clean, hosts as counted, type Verdict } from './verdict'

export type PoolMinimum = { hosts: number } | { percent: number }

/** What stays in service while hosts are taken out. Judged by what the balancer itself says at that moment. */
export class Pool {
  private minimum: PoolMinimum | undefined
  private mayBeEmpty = false

  constructor(private readonly rollout: Rollout) {}

  keepAtLeast(minimum: PoolMinimum): void {
    this.minimum = minimum
  }

  /** All of it may be out at once. */
  mayGoEntirely(): void {
    this.mayBeEmpty = true
  }

  /** @throws LockstepError `gate-closed` before any host is touched */
  async expectRoomToTakeOut(balancer: Balancer, hosts: readonly string[]): Promise<void> {
    if (this.minimum === undefined && (this.mayBeEmpty || balancer.lastMayGo)) return
    const members = await balancer.pool(await this.rollout.hosts.frozen(), this.rollout.reach)
    const going = new Set(hosts)
    const inService = members.filter((member) => member.inService)
    const staying = inService.filter(({ name }) => !going.has(name)).length
    const needed = this.needed(members.length)
    if (staying >= needed || staying === inService.length) return
    const error = new LockstepError(
      'gate-closed',
      `${inService.length} of ${counted(members.length)} of the pool are in service; with ${counted(inService.length - staying)} out there would be ${staying}, and ${needed} must stay; no host was touched`,
    )
    this.rollout.stopAt(error)
    throw error
  }

  async shouldHaveInService(balancer: Balancer, wanted: number): Promise<Verdict> {
    this.rollout.expectGoingOn()
    const members = await balancer.pool(await this.rollout.hosts.frozen(), this.rollout.reach)
    const n = members.filter(({ inService }) => inService).length
    const observations = members.map(({ name, inService, seen }) => ({
      host: name,
      held: n === wanted,
      kind: 'answered' as const,
      seen: n === wanted ? (inService ? 'in service' : 'out of service') : clean(seen),
    }))
    return this.rollout.conclude({ observations, strays: [] }, { budgeted: false })
  }

  private needed(members: number): number {
    if (this.minimum === undefined) return 1
    return 'hosts' in this.minimum ? this.minimum.hosts : Math.ceil((members * this.minimum.percent) / 100)
  }
}

/** `60%`, `3 hosts`; undefined for what is neither. */
export function parsePoolMinimum(written: string): PoolMinimum | undefined {
  const [, n, percent] = /^(?:([1-9]\d{0,5}) hosts?|([1-9]\d?|100)%)$/.exec(written) ?? []
  if (n !== undefined) return { hosts: Number(n) }
  return percent === undefined ? undefined : { percent: Number(percent) }
}
