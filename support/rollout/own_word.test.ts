import { expect } from 'chai'
import { AgentFleet } from '../testing/agent_fleet'
import { FakeFleet, rolloutOn } from '../testing/fake_fleet'
import { failed, ok, webs } from '../testing/web_fleet'
import type { Answer } from './model/answers'
import type { Request } from './model/answers'
import { hasPassed, type Verdict } from './model/verdict'

/** Returns hosts whose package agent answers an order with what was so before it, as Ruby's does. */
function answeringBefore(newest = '2.0', except: Readonly<Record<string, Answer>> = {}): FakeFleet {
  const version = new Map<string, string>()
  return new FakeFleet(webs(3), (host, { action, inputs }: Request) => {
    const before = version.get(host) ?? '1.0'
    if (action === 'status') return ok({ ensure: before, provider: 'apt' })
    const special = except[host]
    if (special !== undefined) return special
    version.set(host, action === 'update' ? newest : String(inputs['version']))
    return ok({ ensure: before, provider: 'apt' })
  })
}

const seen = ({ observations }: Verdict) =>
  observations.map(({ host, passed, seen: what }) => [host, passed, what])

describe("a host's own word for what it did", () => {
  it('is not shown as the state of the host now: it says that it did it, and no line has looked', async () => {
    const fleet = answeringBefore()
    const verdict = await rolloutOn(fleet).rollout.packages.update('mywebapp')
    expect(seen(verdict)).to.deep.equal(webs(3).map((host) => [host, true, 'done']))
    expect(fleet.asked, 'no look that nobody needs').to.have.length(1)
  })

  it('is not enough where another host has failed: no check follows this line', async () => {
    const fleet = answeringBefore('2.0', { web3: failed('no space left') })
    const { rollout, journal } = rolloutOn(fleet)
    expect(seen(await rollout.packages.update('mywebapp'))).to.deep.equal([
      ['web1', true, '2.0'],
      ['web2', true, '2.0'],
      ['web3', false, 'no space left'],
    ])
    expect(journal).to.deep.include({
      type: 'became',
      package: 'mywebapp',
      versions: { '2.0': ['web1', 'web2'], '1.0': ['web3'] },
    })
  })

  it('is looked at where it names another version than was to be installed', async () => {
    const verdict = await rolloutOn(answeringBefore()).rollout.packages.install('mywebapp', '1.5')
    expect(seen(verdict)).to.deep.equal(webs(3).map((host) => [host, true, '1.5']))
    const liars = new FakeFleet(webs(1), () => ok({ ensure: '1.0' }))
    expect(seen(await rolloutOn(liars).rollout.packages.install('mywebapp', '1.5'))).to.deep.equal([
      ['web1', false, '1.0'],
    ])
  })

  it('does not prove that no host went back: an update that brought an older version is found', async () => {
    const { rollout } = rolloutOn(answeringBefore('0.9'))
    rollout.gates.downgradesAllowed = false
    const verdict = await rollout.packages.update('mywebapp')
    expect(seen(verdict)[0]).to.deep.equal(['web1', false, 'would go back from 1.0 to 0.9'])
  })

  it('fails a host that does not say what an update has brought, where none may go back', async () => {
    let asked = 0
    const fleet = new FakeFleet(webs(1), (_, { action }) =>
      action === 'status' && (asked += 1) > 1 ? failed('the database is locked') : ok({ ensure: '1.0' }),
    )
    const { rollout } = rolloutOn(fleet)
    rollout.gates.downgradesAllowed = false
    expect(seen(await rollout.packages.update('mywebapp'))).to.deep.equal([
      ['web1', false, 'has had 1.0, and does not say which version it has now'],
    ])
  })

  it('is not believed of a service that it calls stopped after a start or a restart', async () => {
    for (const [claimed, is, passed] of [
      ['stopped', 'stopped', false],
      ['stopped', 'running', true],
      ['running', 'stopped', true],
    ] as const) {
      const fleet = () =>
        new FakeFleet(webs(1), (_, { action }) => ok({ status: action === 'status' ? is : claimed }))
      const what = claimed === 'running' ? 'done' : is
      expect(seen(await rolloutOn(fleet()).rollout.services.start('x'))).to.deep.equal([
        ['web1', passed, what],
      ])
      expect(seen(await rolloutOn(fleet()).rollout.services.restart('x'))).to.deep.equal([
        ['web1', passed, what],
      ])
    }
  })

  it('proves nothing of a restart that failed, though the service runs', async () => {
    const fleet = new FakeFleet(webs(1), (_, { action }) =>
      action === 'status' ? ok({ status: 'running' }) : failed('no such unit'),
    )
    expect(hasPassed(await rolloutOn(fleet).rollout.services.restart('x'))).to.equal(false)
  })

  it('is not believed of a packet filter that calls an address free after it was to be blocked', async () => {
    const { rollout } = rolloutOn(new FakeFleet(webs(1), () => ok({ blocked: false })))
    rollout.traffic.throughBalancerAt('1.2.3.4')
    expect(seen(await rollout.traffic.block())).to.deep.equal([['web1', false, 'unblocked']])
  })

  it('gives way to a look at the end of the rollout, for versions that no line has looked at', async () => {
    const { rollout, journal } = rolloutOn(answeringBefore())
    await rollout.packages.update('mywebapp')
    await rollout.packages.seeWhatBecame()
    const versions = { '2.0': webs(3) }
    expect(journal.at(-1)).to.deep.equal({ type: 'became', package: 'mywebapp', versions })
    const entries = journal.length
    await rollout.packages.seeWhatBecame()
    expect(journal, 'once is enough').to.have.length(entries)
  })

  it('of a simulated host that answers as Ruby’s do is no word for what it became either', async () => {
    const described = (identity: string) => ({
      identity,
      classes: [],
      facts: {},
      packages: { app: '1.0' },
      services: {},
      checks: {},
      without: [],
      fault: undefined,
      agents: 'ruby' as const,
    })
    const fleet = new AgentFleet(webs(2).map(described), { app: ['1.0', '2.0'] })
    const { rollout, journal } = rolloutOn(fleet)
    expect(seen(await rollout.packages.install('app', '2.0'))).to.deep.equal([
      ['web1', true, '2.0'],
      ['web2', true, '2.0'],
    ])
    expect(journal).to.deep.include({ type: 'became', package: 'app', versions: { '2.0': ['web1', 'web2'] } })
  })
})
