import { expect } from 'chai'
import { puppetAgent } from '../../agents/puppet'
import { changesIn } from '../../history/changes'
import { describeModulesOf, modulesIn } from '../../history/modules'
import { pretendPuppet } from '../../simulation/pretend_puppet'
import type { FaultName } from '../../simulation/faults'
import { PuppetFleet } from '../../testing/puppet_fleet'
import { fakeClock, FakeFleet, rolloutOn, type RehearsalOptions } from '../../testing/fake_fleet'
import { hasPassed, type Verdict } from '../model/verdict'
import type { Planning } from '../ports'

const planning: Planning = {
  asNoop: () => undefined,
  isReadOnly: ({ action }) => action === 'report' || action === 'code',
}
const CHANGE = { resource: 'File[/etc/app]', change: 'absent → file' }

const on = (
  hosts: Readonly<Record<string, { release?: string; fault?: FaultName }>>,
  options: RehearsalOptions = {},
) => {
  const clock = fakeClock()
  const agents = Object.entries(hosts).map(([name, { release = '2026.11.3', fault }]) => {
    const faults = { fault: () => fault, isMended: () => false }
    const changes = { [CHANGE.resource]: CHANGE.change }
    const machine = pretendPuppet({ release, changes }, () => clock.now(), faults)
    return [name, puppetAgent(machine, () => clock.now(), machine.packed)] as const
  })
  const fleet = new PuppetFleet(new Map(agents))
  return { fleet, ...rolloutOn(fleet, { ...options, ports: { clock, ...options.ports } }) }
}
const seen = (verdict: Verdict) =>
  verdict.observations.map((each) => `${each.host} ${each.passed} ${each.seen}`)

describe('puppet code that is applied without a master', () => {
  it('is judged by all that runs are judged by, and run again in the same way', async () => {
    const { fleet, rollout, journal } = on({ web1: {}, web2: { release: '2026.11.2' } })
    const { puppetRuns } = rollout
    expect(seen(await puppetRuns.apply({ noop: true }))[0]).to.match(
      /^web1 true ran in noop: 1 change would be made \(2026\.11\.3, sha256:\w{12}\)$/,
    )
    expect(hasPassed(await puppetRuns.wouldChangeOnly([CHANGE]))).to.equal(true)
    expect(hasPassed(await puppetRuns.apply())).to.equal(true)
    expect(hasPassed(await puppetRuns.shouldHaveFailedOnNothing())).to.equal(true)
    expect(hasPassed(await puppetRuns.shouldChangeNothing())).to.equal(true)
    // Each host is told the digest of its own code: one request for each.
    const told = fleet.asked.filter(({ mutating }) => mutating)
    expect(told.map(({ action }) => action)).to.deep.equal(Array(6).fill('apply'))
    expect(new Set(told.map(({ inputs }) => inputs['digest'])).size).to.equal(2)
    expect(seen(await puppetRuns.shouldHaveApplied('2026.11.3'))[1]).to.match(/^web2 false 2026\.11\.2/)
    expect(
      changesIn(journal).map(({ host, resource, after }) => `${host} ${resource} ${after}`),
    ).to.deep.equal(['web1 puppet run 2026.11.3', 'web2 puppet run 2026.11.2'])
  })

  it('is planned with its whole digest, and applied by no plan', async () => {
    const { fleet, rollout } = on({ web1: {}, web2: { release: '2026.11.2' } }, { ports: { planning } })
    const said = seen(await rollout.puppetRuns.apply())
    expect(said[0]).to.match(
      /^web1 true would apply puppet code of its own; .*its code of simulated: sha256:[0-9a-f]{64}; /,
    )
    expect(said[0]?.replace('web1', '')).not.to.equal(said[1]?.replace('web2', ''))
    expect(fleet.asked.some(({ mutating }) => mutating)).to.equal(false)
  })

  for (const [fault, said] of [
    ['puppet gets no catalog', /left no report: its report was not written/],
    ['puppet is killed', /left no report/],
    ['puppet hangs', /its run goes on/],
    ['puppet is disabled', /its puppet is disabled: maintenance; no run was ordered/],
    ['puppet is running', /its puppet is running already/],
    ['lies', /left no report/],
  ] as const)
    it(`never passes where ${fault}`, async () => {
      const verdict = await on({ web1: { fault } }).rollout.puppetRuns.apply()
      expect(hasPassed(verdict)).to.equal(false)
      expect(seen(verdict).join()).to.match(said)
      // Nobody is asked for a certificate.
      expect(seen(verdict).join()).not.to.contain('certificate')
    })

  it('cannot be applied by an agent that knows no such action, as Ruby’s', async () => {
    const fleet = new FakeFleet(['web1'], (_, { action }) =>
      action === 'report'
        ? { kind: 'answered', data: { enabled: true, applying: false, going: 'no', found: 'none' } }
        : { kind: 'failed', message: "Unknown action 'code' for agent 'puppet'", data: {} },
    )
    const { rollout } = rolloutOn(fleet)
    expect(seen(await rollout.puppetRuns.apply())).to.deep.equal([
      'web1 false its puppet agent has no action code: it applies no code without a master; no run was ordered',
    ])
  })

  it('has modules, which the history tells host by host', async () => {
    const { rollout, journal } = on({ web1: {}, web2: {} })
    expect(seen(await rollout.puppetModules.shouldBeThoseOfPuppetfile('mywebapp'))[0]).to.equal(
      'web1 true stdlib 1.0.0',
    )
    const modules = modulesIn(journal)
    expect(modules).to.deep.equal([{ code: 'mywebapp', modules: 'stdlib 1.0.0', hosts: ['web1', 'web2'] }])
    const run = { run: 'r1', environment: 'test', began: '2026-11-23T12:00:00.000Z', modules }
    const told = describeModulesOf([run], 'web2')
    expect(told).to.deep.equal(['2026-11-23 12:00  test  mywebapp: stdlib 1.0.0  web2  (run r1)'])
  })
})
