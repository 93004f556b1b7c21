import { expect } from 'chai'
import { hostFirewall } from '../balancers/firewall'
import { rolloutOn, type RehearsalOptions } from '../testing/fake_fleet'
import { failure } from '../testing/failure'
import { failed, ok, silent, WebFleet, webs, type Exceptions } from '../testing/web_fleet'
import type { Balancer } from './ports'
import { describe as described, hasPassed, mayGoOn } from './model/verdict'
import { parseWaveSize } from './model/wave_plan'

const size = (written: string) => parseWaveSize(written) ?? { kind: 'rest' as const }

function rehearse(n: number, except: Exceptions = {}, options: RehearsalOptions = {}) {
  const fleet = new WebFleet(webs(n), except)
  const made = rolloutOn(fleet, options)
  made.rollout.traffic.throughBalancerAt('1.2.3.4')
  return { fleet, ...made }
}
const lastly = ({ undone }: { undone: { what: string; verdict: Parameters<typeof hasPassed>[0] }[] }) =>
  undone.map(({ what, verdict }) => [
    what,
    hasPassed(verdict),
    verdict.observations.map(({ host }) => host).join(' '),
  ])

describe('after a failure', () => {
  const failsToUpdate: Exceptions = {
    web2: ({ action }) => (action === 'update' ? failed('no space left') : undefined),
  }

  it('every host stays where it is, unless the feature says otherwise', async () => {
    const one = rehearse(3, failsToUpdate)
    await one.rollout.traffic.block()
    await one.rollout.packages.update('mywebapp')
    await one.rollout.afterFailure.settle()
    expect([...one.fleet.blocked]).to.deep.equal(webs(3))
    expect(one.undone).to.deep.equal([])
  })

  it('hosts that passed go back into rotation where it says so, and count as back only when seen there', async () => {
    const one = rehearse(4, {
      ...failsToUpdate,
      web3: ({ action }) => (action === 'unblock' ? ok({ blocked: false }) : undefined),
    })
    one.rollout.afterFailure.healthyGoBack = true
    await one.rollout.traffic.block()
    await one.rollout.packages.update('mywebapp')
    await one.rollout.afterFailure.settle()
    expect(lastly(one)).to.deep.equal([['blocks 1.2.3.4: put back', false, 'web1 web3 web4']])
    expect(one.rollout.ledger.all.map(({ host }) => host)).to.deep.equal(['web2', 'web3'])
    expect(one.undone).to.have.length(1)
  })

  it('is done once, however often it is asked for', async () => {
    const one = rehearse(2, failsToUpdate)
    one.rollout.afterFailure.healthyGoBack = true
    await one.rollout.traffic.block()
    await one.rollout.packages.update('mywebapp')
    await one.rollout.afterFailure.settle()
    await one.rollout.afterFailure.settle()
    expect(one.undone).to.have.length(1)
  })

  it('nothing is undone when the operator asked to stop', async () => {
    const one = rehearse(2)
    one.rollout.afterFailure.healthyGoBack = true
    await one.rollout.traffic.block()
    one.stop.abort()
    await failure(one.rollout.packages.update('mywebapp'))
    await one.rollout.afterFailure.settle()
    expect(one.undone).to.deep.equal([])
  })

  it('touched hosts get the version back that each of them had, and stay out of rotation', async () => {
    const one = rehearse(3, {
      web3: ({ action }) => (action === 'update' ? failed('no space left') : undefined),
    })
    one.fleet.versions.set('web2', '1.5')
    one.rollout.afterFailure.versionsGoBack = true
    await one.rollout.traffic.block()
    await one.rollout.packages.update('mywebapp')
    await one.rollout.afterFailure.settle()
    expect(lastly(one)).to.deep.equal([['mywebapp goes back to the version it had', true, 'web1 web3 web2']])
    expect(Object.fromEntries(one.fleet.versions)).to.deep.equal({ web1: '1.0', web2: '1.5', web3: '1.0' })
    expect([...one.fleet.blocked]).to.deep.equal(webs(3))
    expect(one.journal).to.deep.include({
      type: 'had',
      package: 'mywebapp',
      versions: { '1.0': ['web1', 'web3'], '1.5': ['web2'] },
    })
  })

  /** Lets the second of two waves fail. Returns what is then told to hosts while they go back. */
  const restoring = async (one: ReturnType<typeof rehearse>): Promise<string[]> => {
    one.rollout.afterFailure.versionsGoBack = true
    for (const row of ['2 hosts', 'the rest']) {
      await one.rollout.beginScenario(row, row)
      one.rollout.hosts.withClass('roles::web')
      await one.rollout.waves.take(size(row))
      await one.rollout.traffic.block()
      if (!mayGoOn(await one.rollout.packages.update('mywebapp'))) break
      await one.rollout.traffic.unblock()
      await one.rollout.traffic.shouldBe('unblocked')
      await one.rollout.endScenario(true)
    }
    one.fleet.asked.splice(0)
    await one.rollout.endScenario(false)
    await one.rollout.afterFailure.settle()
    return one.fleet.asked.flatMap(({ request, hosts }) =>
      request.mutating ? [`${request.action} ${hosts.join(' ')}`] : [],
    )
  }

  it('hosts of earlier waves are taken out of rotation to be restored, and put back', async () => {
    const one = rehearse(3, {
      web3: ({ action }) => (action === 'update' ? failed('no space left') : undefined),
    })
    const order = await restoring(one)
    expect(order).to.deep.equal(['install web3', 'block web1 web2', 'install web1 web2', 'unblock web1 web2'])
    expect([...one.fleet.blocked]).to.deep.equal(['web3'])
    expect(one.rollout.ledger.all.map(({ host }) => host)).to.deep.equal(['web3'])
  })

  it('no further host is taken out or put back once the operator asks to stop, and the run says so', async () => {
    const one = rehearse(3, {
      web3: ({ action }) => {
        if (action === 'install') one.stop.abort()
        return action === 'update' ? failed('no space left') : undefined
      },
    })
    one.rollout.afterFailure.healthyGoBack = true
    expect(await restoring(one)).to.deep.equal(['install web3'])
    expect([...one.fleet.blocked]).to.deep.equal(['web3'])
    expect(one.notes).to.deep.equal([
      'what was to be done after the failure could not be finished: the operator asked to stop',
    ])
  })

  it('a host whose version cannot be recorded is not changed', async () => {
    const one = rehearse(2, { web1: ({ action }) => (action === 'status' ? silent : undefined) })
    one.rollout.afterFailure.versionsGoBack = true
    const verdict = await one.rollout.packages.update('mywebapp')
    expect(described(verdict)).to.contain('no answer (asked 20 s ago)  web1')
    expect(one.fleet.asked.find(({ request }) => request.action === 'update')?.hosts).to.deep.equal(['web2'])
  })

  it('a package that was not there is removed again', async () => {
    const one = rehearse(1, {
      web1: ({ agent, action }) =>
        agent === 'nrpe' && action === 'runcommand' ? failed('', { exitcode: 2 }) : undefined,
    })
    one.fleet.versions.set('web1', 'absent')
    one.rollout.afterFailure.versionsGoBack = true
    await one.rollout.packages.install('mywebapp', '2.0')
    await one.rollout.checks.shouldBeOk('check_http')
    await one.rollout.afterFailure.settle()
    expect(one.fleet.versions.get('web1')).to.equal('absent')
    expect(lastly(one)[0]?.[1]).to.equal(true)
  })

  it('what fails then is reported, and never hides what failed first', async () => {
    const one = rehearse(2, {
      web2: ({ action }) =>
        action === 'update' || action === 'install' ? failed('no space left') : undefined,
    })
    one.fleet.versions.set('web1', '1.0')
    one.rollout.afterFailure.versionsGoBack = true
    await one.rollout.packages.update('mywebapp')
    one.fleet.versions.set('web2', 'half installed')
    await one.rollout.afterFailure.settle()
    expect(lastly(one)).to.deep.equal([
      ['blocks 1.2.3.4: taken out of rotation', true, 'web1 web2'],
      ['mywebapp goes back to the version it had', false, 'web1 web2'],
      ['blocks 1.2.3.4: put back', true, 'web1'],
    ])
    expect(one.rollout.halted?.message).to.contain('no space left')
  })
})

describe('the pool', () => {
  it('is asked before any host is taken out, and no host is touched when too few would stay', async () => {
    const one = rehearse(5)
    one.rollout.traffic.pool.keepAtLeast({ percent: 60 })
    await one.rollout.waves.take(size('2 hosts'))
    expect(mayGoOn(await one.rollout.traffic.block())).to.equal(true)
    await one.rollout.endScenario(true)
    await one.rollout.waves.take(size('1 host'))
    one.fleet.asked.splice(0)
    const error = await failure(one.rollout.traffic.block())
    expect(error.code).to.equal('gate-closed')
    expect(error.message).to.equal(
      '3 of 5 hosts of the pool are in service; with 1 host out there would be 2, and 3 must stay; no host was touched',
    )
    expect(one.fleet.actions).to.deep.equal(['isblocked'])
    expect([...one.fleet.blocked]).to.deep.equal(['web1', 'web2'])
  })

  it('lets hosts be blocked again that are out already', async () => {
    const one = rehearse(2)
    one.rollout.traffic.pool.keepAtLeast({ hosts: 1 })
    await one.rollout.waves.take(size('1 host'))
    await one.rollout.traffic.block()
    expect(mayGoOn(await one.rollout.traffic.block())).to.equal(true)
  })

  it('does not count a host as serving that does not say so', async () => {
    const one = rehearse(3, { web3: ({ action }) => (action === 'isblocked' ? silent : undefined) })
    one.rollout.traffic.pool.keepAtLeast({ hosts: 2 })
    await one.rollout.waves.take(size('1 host'))
    expect((await failure(one.rollout.traffic.block())).message).to.contain(
      '2 of 3 hosts of the pool are in service',
    )
  })

  it('of a balancer that knows it is never emptied by default', async () => {
    const knowing = (address: string): Balancer => ({ ...hostFirewall(address), lastMayGo: false })
    const one = rehearse(1, {}, { ports: { balancers: { at: knowing, backend: knowing } } })
    expect((await failure(one.rollout.traffic.block())).message).to.contain('and 1 must stay')
    const other = rehearse(1, {}, { ports: { balancers: { at: knowing, backend: knowing } } })
    other.rollout.traffic.pool.mayGoEntirely()
    expect(mayGoOn(await other.rollout.traffic.block())).to.equal(true)
  })
})

describe('a host that slips back into rotation', () => {
  it('is not changed there, and is named', async () => {
    const lapsing = (address: string): Balancer => ({ ...hostFirewall(address), lapses: true })
    const one = rehearse(3, {}, { ports: { balancers: { at: lapsing, backend: lapsing } } })
    await one.rollout.traffic.block()
    one.fleet.blocked.delete('web2')
    const verdict = await one.rollout.packages.update('mywebapp')
    expect(described(verdict)).to.contain('not touched: unblocked, though it was')
    expect(one.fleet.versions.has('web2')).to.equal(false)
    expect(one.fleet.versions.get('web3')).to.equal('2.0')
  })
})

describe('a rollout that no host may go back in', () => {
  it('refuses an older version host by host, before it is sent', async () => {
    const one = rehearse(3)
    one.fleet.versions.set('web2', '3.0')
    one.rollout.gates.downgradesAllowed = false
    const verdict = await one.rollout.packages.install('mywebapp', '2.0')
    expect(described(verdict)).to.match(/would go back from 3.0 to 2.0 +web2/)
    expect(one.fleet.asked.find(({ request }) => request.action === 'install')?.hosts).to.deep.equal([
      'web1',
      'web3',
    ])
  })

  it('goes by the order of the package manager that the host names', async () => {
    const older = async (provider: string | null) => {
      const one = rehearse(1, {
        web1: ({ action }) => (action === 'status' ? ok({ ensure: '1.0^a', provider }) : undefined),
      })
      one.rollout.gates.downgradesAllowed = false
      return described(await one.rollout.packages.install('mywebapp', '1.0+b'))
    }
    expect(await older(null)).to.contain('it cannot be told whether 1.0+b is older')
    expect(await older('yum')).not.to.contain('go back')
  })

  /** Installs 2.1-1 by yum where 1:2.0-1 is. The package is `then` afterwards. */
  const installed = async (then: string) => {
    let has = '1:2.0-1'
    const one = rehearse(1, {
      web1: ({ action }) => {
        if (action === 'install') has = then
        return ok({ ensure: has, provider: 'yum' })
      },
    })
    one.rollout.gates.downgradesAllowed = false
    return { one, verdict: await one.rollout.packages.install('mywebapp', '2.1-1') }
  }

  it('lets a newer version through that a feature writes without its epoch', async () => {
    const { verdict } = await installed('1:2.1-1')
    expect(hasPassed(verdict), described(verdict)).to.equal(true)
  })

  it('sees it when the version without an epoch was an older one after all', async () => {
    const { verdict } = await installed('2.1-1')
    expect(described(verdict)).to.match(/would go back from 1:2.0-1 to 2.1-1 +web1/)
  })

  it('sees it when an update has taken the epoch away', async () => {
    const one = rehearse(1, {
      web1: ({ action }) =>
        ok({
          ensure: action === 'status' && one.fleet.actions.includes('update') ? '2.0-1' : '1:2.0-1',
          provider: 'yum',
        }),
    })
    one.rollout.gates.downgradesAllowed = false
    expect(described(await one.rollout.packages.update('mywebapp'))).to.contain('would go back from 1:2.0-1')
  })

  it('sees it when an update has brought an older one', async () => {
    const one = rehearse(1)
    one.fleet.versions.set('web1', '2.1')
    one.rollout.gates.downgradesAllowed = false
    expect(described(await one.rollout.packages.update('mywebapp'))).to.contain(
      'would go back from 2.1 to 2.0',
    )
  })
})

describe('puppet', () => {
  it('that was disabled is in the ledger until it is seen to be enabled', async () => {
    const one = rehearse(2, {
      web2: ({ action }) => (action === 'enable' ? ok({ enabled: true }) : undefined),
    })
    expect(mayGoOn(await one.rollout.puppet.disable('deploy'))).to.equal(true)
    expect(one.journal).to.deep.include({
      type: 'opened',
      obligation: 'keeps puppet disabled',
      hosts: webs(2),
    })
    expect(mayGoOn(await one.rollout.puppet.enable())).to.equal(true)
    expect(mayGoOn(await one.rollout.puppet.shouldBe('enabled'))).to.equal(false)
    expect(one.rollout.ledger.all).to.deep.equal([{ host: 'web2', obligation: 'keeps puppet disabled' }])
  })
})

describe('locks', () => {
  it('are taken for all hosts before the first of them is changed, and a look needs none', async () => {
    const taken: string[] = []
    const one = rehearse(
      3,
      {},
      {
        ports: {
          locks: {
            patience: 0,
            expectOwned: () => {},
            take: async (hosts) => void taken.push(`${hosts.join(' ')} after ${one.fleet.asked.length}`),
          },
        },
      },
    )
    await one.rollout.waves.take(size('1 host'))
    await one.rollout.packages.versionShouldBe('mywebapp', '1.0')
    expect(taken).to.deep.equal([])
    await one.rollout.packages.update('mywebapp')
    expect(taken).to.deep.equal(['web1 web2 web3 after 1'])
  })
})
