import { expect } from 'chai'
import fc from 'fast-check'
import { FakeFleet, rolloutOn } from '../../testing/fake_fleet'
import { failed, ok } from '../../testing/web_fleet'
import type { Planning } from '../ports'
import { hasPassed } from '../model/verdict'

const planning: Planning = { asNoop: () => undefined, isReadOnly: () => true }
const provider = fc.constantFrom('apt', 'dnf', 'yum', undefined)
const version = fc.constantFrom('2.0-1', '0:2.0-1', '1:2.0-1', '01:2.0-1', '2:2.0-1', '2.0', '1:2.0')

/** Returns hosts that keep a version after every order, and say so or call the order done. */
const having = (ensure: string, of: string | undefined, answers: 'version' | 'done' = 'version') =>
  new FakeFleet(['web1'], (_, { action }) =>
    action !== 'status' && answers === 'done'
      ? ok()
      : ok({ ensure, candidate: ensure, ...(of === undefined ? {} : { provider: of }) }),
  )

describe('a version with or without its epoch', () => {
  it('is the wanted one to an installation exactly where it is to the check', async () => {
    await fc.assert(
      fc.asyncProperty(version, version, provider, async (has, wanted, of) => {
        const install = await rolloutOn(having(has, of)).rollout.packages.install('app', wanted)
        const look = await rolloutOn(having(has, of)).rollout.packages.versionShouldBe('app', wanted)
        expect(hasPassed(install)).to.equal(hasPassed(look))
      }),
    )
  })

  it('is judged by a plan as it is for real: a host that has it needs nothing', async () => {
    await fc.assert(
      fc.asyncProperty(version, version, provider, async (has, wanted, of) => {
        const { packages } = rolloutOn(having(has, of), { ports: { planning } }).rollout
        const real = await rolloutOn(having(has, of)).rollout.packages.versionShouldBe('app', wanted)
        const look = await packages.versionShouldBe('app', wanted)
        expect(hasPassed(look)).to.equal(hasPassed(real))
        const [planned] = (await packages.install('app', wanted)).observations
        if (hasPassed(real)) expect(planned?.seen).to.equal(`needs nothing: ${has}`)
      }),
    )
  })

  it('that apt has with an epoch is not the one without', async () => {
    const { packages } = rolloutOn(having('1:2.0', 'apt')).rollout
    expect((await packages.install('app', '2.0')).observations).to.deep.equal([
      { host: 'web1', passed: false, kind: 'answered', seen: '1:2.0' },
    ])
  })

  it('that dnf has with an epoch is the one without, and a host that has it does not go back', async () => {
    const { packages, gates } = rolloutOn(having('1:2.0-1', 'dnf')).rollout
    gates.downgradesAllowed = false
    expect(hasPassed(await packages.install('app', '2.0-1'))).to.equal(true)
    expect(hasPassed(await packages.versionShouldBe('app', '2.0-1'))).to.equal(true)
  })
})

describe('package lists', () => {
  const AWAY = 'Hit:1 x\nW: Failed to fetch http://own.example.net/InRelease  Could not connect\n'
  const seen = ({ observations }: { observations: readonly { host: string; seen: string }[] }) =>
    observations.map((each) => `${each.host} ${each.seen}`)

  it('that a host has half read have failed there, though its agent calls it done', async () => {
    const fleet = new FakeFleet(['web1', 'web2'], (host) =>
      ok({ exitcode: 0, output: host === 'web1' ? AWAY : 'Hit:1 x', age: 3 * 86_400 }),
    )
    const verdict = await rolloutOn(fleet).rollout.packages.refreshLists()
    expect(hasPassed(verdict)).to.equal(false)
    expect(seen(verdict)).to.deep.equal([
      'web1 Not every package list was read: W: Failed to fetch http://own.example.net/InRelease  Could not connect',
      'web2 done; the oldest list was made 3 days ago',
    ])
    expect(fleet.asked.map(({ request }) => request.action)).to.deep.equal(['refresh'])
  })

  it('offer a version only where a host’s own package manager would install it', async () => {
    const answers: Record<string, Parameters<typeof ok>[0]> = {
      web1: { candidate: '2.0' },
      web2: { candidate: '2.0', obstacle: 'E: Version 2.0 for app was not found' },
      web3: { candidate: '1.0' },
      web4: { candidate: '2.0', obstacle: 'app is on hold' },
      web5: { candidate: '2.0', locked: 'locked by process 84 (apt-get)' },
    }
    const hosts = Object.keys(answers)
    const fleet = new FakeFleet(hosts, (host, { action }) =>
      ok(action === 'status' ? { ensure: '1.0', provider: 'apt' } : answers[host]),
    )
    const verdict = await rolloutOn(fleet).rollout.packages.shouldBeAvailable('app', '2.0')
    expect(verdict.observations.map(({ passed }) => passed)).to.deep.equal([true, false, false, false, true])
    expect(seen(verdict).slice(1, 4)).to.deep.equal([
      'web2 E: Version 2.0 for app was not found',
      'web3 1.0',
      'web4 app is on hold',
    ])
  })

  it('are not known to offer a version where an original agent lists the newest alone', async () => {
    const fleet = new FakeFleet(['web1', 'web2'], (host, { action }) => {
      if (action === 'candidate') return failed('unknown action candidate for agent package')
      if (action === 'status') return ok({ ensure: host === 'web1' ? '1.0' : '2.0' })
      return ok({ exitcode: 0, outdated_packages: [{ package: 'app', version: '3.0' }] })
    })
    const verdict = await rolloutOn(fleet).rollout.packages.shouldBeAvailable('app', '2.0')
    expect(verdict.observations.map(({ passed }) => passed)).to.deep.equal([false, true])
    expect(seen(verdict)[0]).to.contain('it cannot say whether a repository offers 2.0')
  })

  it('are planned without being read, and what they may offer by then is not known before', async () => {
    const fleet = new FakeFleet(['web1'], (_, { action }) =>
      ok(
        action === 'candidate'
          ? { candidate: '2.0', obstacle: 'no repository offers app 2.0' }
          : { ensure: '1.0', output: '12' },
      ),
    )
    const { packages } = rolloutOn(fleet, { ports: { planning } }).rollout
    const without = [await packages.shouldBeAvailable('app', '2.0'), await packages.install('app', '2.0')]
    expect(without.map(hasPassed)).to.deep.equal([false, false])
    const { packages: others } = rolloutOn(fleet, { ports: { planning } }).rollout
    expect(seen(await others.refreshLists())).to.deep.equal(['web1 would refresh its package lists'])
    const after = [await others.shouldBeAvailable('app', '2.0'), await others.install('app', '2.0')]
    expect(after.map(hasPassed)).to.deep.equal([true, true])
    expect(after.flatMap(seen)[1]).to.contain('but now would not go: no repository offers app 2.0')
    expect(fleet.asked.filter(({ request }) => request.mutating)).to.deep.equal([])
  })
})
