import { expect } from 'chai'
import type { Balancer } from '../rollout/ports'
import type { HostGateway } from '../rollout/model/obligation'
import type { Answer } from '../rollout/model/answers'

export interface BalancerUnderTest {
  balancer: Balancer
  reach: HostGateway
  /** Two hosts or more, all in service. */
  hosts: readonly string[]
  stop(): Promise<void>
}

/** Describes the behaviour of every balancer that a rollout relies on. */
export function balancerContract(name: string, make: () => Promise<BalancerUnderTest>): void {
  describe(`${name}, as a balancer`, () => {
    let one: BalancerUnderTest
    before(async () => (one = await make()))
    after(() => one.stop())

    const isOpenOn = async (hosts: readonly string[]) => {
      const { outcomes } = await one.balancer.look(hosts, one.reach)
      return hosts.map((host) => one.balancer.read(answerOf(outcomes, host)).isOpen)
    }
    const first = () => one.hosts.slice(0, 1)

    it('finds hosts in service at first', async () => {
      expect(await isOpenOn(one.hosts)).to.deep.equal(one.hosts.map(() => false))
      const pool = await one.balancer.pool(one.hosts, one.reach)
      expect(pool.filter(({ inService }) => inService).map((member) => member.name)).to.include.members([
        ...one.hosts,
      ])
    })

    it('takes a host out, and no other', async () => {
      await one.balancer.block(first(), one.reach)
      expect(await isOpenOn(one.hosts)).to.deep.equal(one.hosts.map((_, index) => index === 0))
      const pool = await one.balancer.pool(one.hosts, one.reach)
      expect(pool.find((member) => member.name === one.hosts[0])?.inService).to.equal(false)
    })

    it('can be told twice, and the look is still right', async () => {
      await one.balancer.block(first(), one.reach)
      expect(await isOpenOn(first())).to.deep.equal([true])
    })

    it('puts a host back', async () => {
      await one.balancer.putBack(first(), one.reach)
      expect(await isOpenOn(one.hosts)).to.deep.equal(one.hosts.map(() => false))
      await one.balancer.putBack(first(), one.reach)
      expect(await isOpenOn(first())).to.deep.equal([false])
    })

    it('drains a host, where it can', async function () {
      const { drain } = one.balancer
      if (drain === undefined) return expect(one.balancer.lastMayGo).to.equal(true)
      const { outcomes } = await drain(first(), one.reach, { within: 5_000, cut: false })
      expect(answerOf(outcomes, one.hosts[0] ?? '').kind).to.equal('answered')
      expect(await isOpenOn(first())).to.deep.equal([true])
      await one.balancer.putBack(first(), one.reach)
      expect(await isOpenOn(first())).to.deep.equal([false])
    })

    it('says of a host that it does not have neither that it is out nor that it is in', async () => {
      const { outcomes } = await one.balancer.look(['nobody.example.net'], one.reach)
      expect(one.balancer.read(answerOf(outcomes, 'nobody.example.net')).isOpen).to.equal(undefined)
    })
  })
}

export function answerOf(outcomes: ReadonlyMap<string, Answer>, host: string): Answer {
  return outcomes.get(host) ?? { kind: 'silent', waited: 0 }
}
