import { expect } from 'chai'
import fc from 'fast-check'
import { FakeFleet, rolloutOn } from '../../testing/fake_fleet'
import { ok } from '../../testing/web_fleet'
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
