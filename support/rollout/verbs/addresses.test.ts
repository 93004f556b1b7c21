import { expect } from 'chai'
import { AgentFleet } from '../../testing/agent_fleet'
import { FakeFleet, rolloutOn } from '../../testing/fake_fleet'
import { ok } from '../../testing/web_fleet'
import type { HostDescription } from '../../simulation/simulated_host'
import { hasPassed, type Verdict } from '../model/verdict'
import type { Planning } from '../ports'

const planning: Planning = { asNoop: () => undefined, isReadOnly: () => true }
const NET = '192.0.2.0/24'

const host = (identity: string, more: Partial<HostDescription> = {}) => ({
  identity,
  classes: [],
  facts: {},
  packages: {},
  services: {},
  checks: {},
  without: [],
  fault: undefined,
  sites: { intranet: [] },
  ...more,
})
const seen = (verdict: Verdict) => verdict.observations.map((each) => `${each.host} ${each.seen}`)

describe('the addresses of a site', () => {
  it('are let in and shut out again, and an address by its network', async () => {
    const fleet = new AgentFleet([host('web1'), host('web2')], {})
    const { addresses } = rolloutOn(fleet).rollout
    expect(hasPassed(await addresses.letIn(NET, 'intranet'))).to.equal(true)
    expect(hasPassed(await addresses.letIn(NET, 'intranet'))).to.equal(true)
    expect(fleet.truth('web1').state).to.deep.equal([`access intranet address ${NET}`])
    expect(hasPassed(await addresses.shouldBeLetIn('192.0.2.7', 'intranet'))).to.equal(true)
    expect(hasPassed(await addresses.shutOut(NET, 'intranet'))).to.equal(true)
    expect(hasPassed(await addresses.shouldBeShutOut('192.0.2.7', 'intranet'))).to.equal(true)
  })

  it('do not pass for shut out while a network around them or a part is let in', async () => {
    const fleet = new AgentFleet([host('web1')], {})
    const { rollout } = rolloutOn(fleet)
    await rollout.addresses.letIn(NET, 'intranet')
    const verdict = await rollout.addresses.shouldBeShutOut('192.0.0.0/16', 'intranet')
    expect(seen(verdict)).to.deep.equal([`web1 shut out, but for ${NET}`])
    expect(hasPassed(verdict)).to.equal(false)
    const planned = await rolloutOn(fleet, { ports: { planning } }).rollout.addresses.shutOut(
      '192.0.2.7',
      'intranet',
    )
    expect(seen(planned)[0]).to.contain(`${NET} lets it in`)
    const told = await rolloutOn(fleet).rollout.addresses.shutOut('192.0.2.7', 'intranet')
    expect(hasPassed(told)).to.equal(false)
    expect(seen(told)[0]).to.contain('web1 let in')
  })

  it('do not pass where a web server may not have read them, a host lies, or says nothing', async () => {
    const unread = new FakeFleet(['web1'], () => ok({ allowed: true, by: [NET], parts: [], unused: true }))
    const verdict = await rolloutOn(unread).rollout.addresses.shouldBeLetIn(NET, 'intranet')
    expect(seen(verdict)).to.deep.equal(['web1 in a change that its web server may not have read'])
    for (const answer of [
      {},
      { allowed: 'yes', by: [], parts: [], unused: false },
      { allowed: true, unused: false },
    ]) {
      const silent = new FakeFleet(['web1'], () => ok(answer))
      expect(hasPassed(await rolloutOn(silent).rollout.addresses.shouldBeLetIn(NET, 'intranet'))).to.equal(
        false,
      )
      expect(hasPassed(await rolloutOn(silent).rollout.addresses.letIn(NET, 'intranet'))).to.equal(false)
    }
  })

  it('are planned by a look', async () => {
    const fleet = new AgentFleet([host('web1'), host('web2', { sites: { wiki: [] } })], {})
    const { rollout } = rolloutOn(fleet, { ports: { planning } })
    expect(seen(await rollout.addresses.letIn(NET, 'intranet'))).to.deep.equal([
      'web1 would go from shut out to let in',
      'web2 No site intranet is configured on this host (configured: wiki)',
    ])
    expect(fleet.asked.filter(({ mutating }) => mutating)).to.deep.equal([])
  })
})
