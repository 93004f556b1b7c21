import { expect } from 'chai'
import { AgentFleet } from '../../testing/agent_fleet'
import { FakeFleet, rolloutOn } from '../../testing/fake_fleet'
import { ok } from '../../testing/web_fleet'
import type { HostDescription } from '../../simulation/simulated_host'
import { hasPassed, type Verdict } from '../model/verdict'
import type { Planning } from '../ports'

const PASSWORD = 'correct horse 9'
const planning: Planning = { asNoop: () => undefined, isReadOnly: () => true }

const host = (identity: string, users: readonly string[], more: Partial<HostDescription> = {}) => ({
  identity,
  classes: [],
  facts: {},
  packages: {},
  services: {},
  checks: {},
  without: [],
  fault: undefined,
  sites: { intranet: users },
  ...more,
})
const seen = (verdict: Verdict) => verdict.observations.map((each) => `${each.host} ${each.seen}`)

describe('the users of a site', function () {
  this.timeout(300_000)

  it('are let in once, with their own password, and shut out again', async () => {
    const fleet = new AgentFleet([host('web1', []), host('web2', ['alice'])], {})
    const { rollout, journal } = rolloutOn(fleet)
    const { access } = rollout
    expect(hasPassed(await access.letIn('alice', 'intranet', PASSWORD))).to.equal(true)
    expect(hasPassed(await access.letIn('alice', 'intranet', PASSWORD))).to.equal(true)
    expect(hasPassed(await access.shouldBeLetIn('alice', 'intranet', PASSWORD))).to.equal(true)
    expect(fleet.truth('web1').state).to.deep.equal(['access intranet alice bcrypt'])
    expect(hasPassed(await access.shutOut('alice', 'intranet'))).to.equal(true)
    expect(hasPassed(await access.shouldBeShutOut('alice', 'intranet'))).to.equal(true)
    expect(fleet.truth('web2').state).to.deep.equal([])
    const all = JSON.stringify([journal, fleet.asked])
    expect(all).not.to.contain(PASSWORD)
    expect(JSON.stringify(journal)).not.to.contain('$2y$')
    expect(JSON.stringify(journal)).to.contain('"hash":"***"')
  })

  it('with another password do not pass for let in with this one', async () => {
    const { access } = rolloutOn(new AgentFleet([host('web1', ['alice'])], {})).rollout
    expect(hasPassed(await access.shouldBeLetIn('alice', 'intranet'))).to.equal(true)
    const verdict = await access.shouldBeLetIn('alice', 'intranet', PASSWORD)
    expect(hasPassed(verdict)).to.equal(false)
    expect(seen(verdict)).to.deep.equal(['web1 let in with another password or hash (apr1)'])
  })

  it('do not pass for shut out where another case gets in, a host lies, or one has no such site', async () => {
    for (const [web1, said] of [
      [host('web1', ['alice', 'Alice']), 'shut out, but not as Alice'],
      [
        host('web1', ['alice'], { sites: { wiki: [] } }),
        'No site intranet is configured on this host (configured: wiki)',
      ],
    ] as const) {
      const verdict = await rolloutOn(new AgentFleet([web1], {})).rollout.access.shutOut('alice', 'intranet')
      expect(hasPassed(verdict)).to.equal(false)
      expect(seen(verdict)[0]).to.contain(`web1 ${said}`)
    }
    const liar = new FakeFleet(['web1'], (_, { action }) =>
      ok(action === 'remove' ? { lines: 0 } : { lines: 1, usable: true, kind: 'apr1', similar: [] }),
    )
    const verdict = await rolloutOn(liar).rollout.access.shutOut('alice', 'intranet')
    expect(seen(verdict)).to.deep.equal(['web1 let in'])
    expect(hasPassed(verdict)).to.equal(false)
  })

  it('are planned by a look: who is let in with this password needs nothing', async () => {
    const fleet = new AgentFleet([host('web1', []), host('web2', ['alice']), host('web3', [])], {})
    await rolloutOn(fleet).rollout.access.letIn('alice', 'intranet', PASSWORD)
    const others = new AgentFleet([host('web1', []), host('web2', ['alice'])], {})
    const plan = async (on: AgentFleet) => {
      const asked = on.asked.length
      const { rollout } = rolloutOn(on, { ports: { planning } })
      const verdict = await rollout.access.letIn('alice', 'intranet', PASSWORD)
      const look = await rollout.access.shouldBeLetIn('alice', 'intranet', PASSWORD)
      expect(on.asked.slice(asked).filter(({ mutating }) => mutating)).to.deep.equal([])
      expect(hasPassed(look)).to.equal(true)
      return seen(verdict)
    }
    expect(await plan(fleet)).to.deep.equal(
      ['web1', 'web2', 'web3'].map((name) => `${name} needs nothing: let in`),
    )
    expect(await plan(others)).to.deep.equal([
      'web1 would go from shut out to let in',
      'web2 would go from let in with another password or hash (apr1) to let in',
    ])
  })
})
