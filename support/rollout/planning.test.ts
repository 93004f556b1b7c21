import { expect } from 'chai'
import fc from 'fast-check'
import { hostFirewall } from '../balancers/firewall'
import { LockstepError } from '../system/errors'
import { failure } from '../testing/failure'
import { FakeFleet, rolloutOn } from '../testing/fake_fleet'
import type { Balancer, Planning } from './ports'
import type { Checkpoint } from './model/checkpoint'
import type { HostGateway } from './model/obligation'
import type { Answer } from './model/answers'
import type { Request } from './model/answers'
import type { Rollout } from './rollout'
import { hasPassed, type Verdict } from './model/verdict'

const ok = (data: Record<string, unknown> = {}): Answer => ({ kind: 'answered', data })
const failed = (message: string): Answer => ({ kind: 'failed', message, data: {} })
const hosts = ['web1', 'web2']
const planning: Planning = {
  asNoop: () => undefined,
  isReadOnly: ({ agent }) => agent !== 'door',
}

type Except = (host: string, request: Request) => Answer | undefined

/** Returns hosts with mywebapp 1.0, whose repository has 2.0; web2 has it already. */
function fleet(except: Except = () => undefined): FakeFleet {
  return new FakeFleet(hosts, (host, request) => {
    const { agent, action } = request
    const special = except(host, request)
    if (special !== undefined) return special
    if (agent === 'rpcutil') return ok({ agents: ['package', 'door'] })
    if (action === 'candidate') return ok({ candidate: '2.0' })
    if (action === 'isblocked') return ok({ blocked: false })
    if (agent === 'package') return ok({ ensure: host === 'web2' ? '2.0' : '1.0', provider: 'apt' })
    if (agent === 'service') return ok({ status: 'running' })
    return ok({ exitcode: 0 })
  })
}

const planned = (fake: FakeFleet) => rolloutOn(fake, { ports: { planning } })
const seen = ({ observations }: Verdict) => observations.map((observation) => observation.seen)

describe('a rollout that changes nothing', () => {
  it('shows which version each host would get, and which hosts need nothing', async () => {
    const { rollout } = planned(fleet())
    const verdict = await rollout.packages.update('mywebapp')
    expect(seen(verdict)).to.deep.equal(['would go from 1.0 to 2.0', 'needs nothing: 2.0'])
    expect(verdict.observations[0]?.planned).to.deep.equal({
      resource: 'package mywebapp',
      from: '1.0',
      to: '2.0',
      changes: true,
      affectsOthers: true,
    })
  })

  const RUBYS: readonly string[] = [
    "Attempted to call action candidate for package but it's not declared in the DDL",
    "Unknown action 'candidate' for agent 'package'",
  ]
  const listing = (said: string, name: string, more: Record<string, unknown> = {}) =>
    fleet((_, { action }) => {
      if (action === 'candidate') return failed(said)
      const outdated_packages = [
        { package: 'mywebapp.data', version: '8' },
        { package: 'mywebapp-doc', version: '9' },
        { package: name, version: '2.1', repo: 'x' },
      ]
      return action === 'checkupdates' ? ok({ outdated_packages, ...more }) : undefined
    })

  for (const said of RUBYS) {
    it(`goes by what is outdated where an agent knows no candidate, as Ruby’s does: ${said}`, async () => {
      for (const name of ['mywebapp', 'mywebapp.noarch', 'mywebapp.x86_64']) {
        const { rollout } = planned(listing(said, name))
        expect(seen(await rollout.packages.update('mywebapp')), name).to.deep.equal([
          'would go from 1.0 to 2.1',
          'would go from 2.0 to 2.1',
        ])
      }
    })
  }

  it('goes by what Ruby’s agent says of a package beside its version', async () => {
    const NOT_LISTED = { exitcode: 0, outdated_packages: [] }
    const cases: [Record<string, unknown>, Record<string, unknown>, string][] = [
      [{ desired: 'hold', mark: 'hold' }, NOT_LISTED, 'would not go: mywebapp is on hold'],
      [{ mark: 'hold' }, NOT_LISTED, 'would not go: mywebapp is on hold'],
      [{ ensure: 'held' }, NOT_LISTED, 'would not go: mywebapp is on hold'],
      [{ error: 'reinstreq' }, NOT_LISTED, 'would not go: its package manager says of mywebapp: reinstreq'],
      [
        { desired: 'install', error: 'ok', status: 'installed', mark: 'none' },
        NOT_LISTED,
        'needs nothing: 1.0',
      ],
      [
        { ensure: 'absent', status: 'half-configured' },
        NOT_LISTED,
        'absent: what is not installed is not updated (it is half-configured)',
      ],
      [
        {},
        { exitcode: 100, output: 'Reading package lists...\nE: The repository is not signed.' },
        'would go from 1.0 to what cannot be known before, but it cannot say what is newer: E: The repository is not signed.',
      ],
    ]
    for (const [status, listed, wanted] of cases) {
      const onHold = fleet((_, { action }) => {
        if (action === 'candidate') return failed("Unknown action 'candidate' for agent 'package'")
        return ok(action === 'checkupdates' ? listed : { ensure: '1.0', provider: 'apt', ...status })
      })
      expect(seen(await planned(onHold).rollout.packages.update('mywebapp'))[0]).to.equal(wanted)
    }
  })

  it('plans an installation that a hold stands in the way of, and none where nothing is to be done', async () => {
    const onHold = fleet((_, { action }) =>
      action === 'candidate'
        ? failed("Unknown action 'candidate' for agent 'package'")
        : ok({ ensure: '1.0', provider: 'apt', desired: 'hold' }),
    )
    const { rollout } = planned(onHold)
    expect(seen(await rollout.packages.install('mywebapp', '1.0'))[0]).to.equal('needs nothing: 1.0')
    expect(seen(await rollout.packages.install('mywebapp', '2.0'))[0]).to.equal(
      'would not go: mywebapp is on hold',
    )
  })

  it('says where the agent cannot tell whether a version is offered, as Ruby’s cannot', async () => {
    const { rollout } = planned(listing(RUBYS[0] ?? '', 'mywebapp'))
    expect(seen(await rollout.packages.install('mywebapp', '2.1'))[0]).to.equal('would go from 1.0 to 2.1')
    const { rollout: another } = planned(listing(RUBYS[0] ?? '', 'mywebapp'))
    expect(seen(await another.packages.install('mywebapp', '1.5'))).to.deep.equal([
      'would go from 1.0 to 1.5, but it cannot say whether a repository offers 1.5',
      'would go from 2.0 to 1.5, but it cannot say whether a repository offers 1.5',
    ])
  })

  it('does not take a list that could not be made for one without the package', async () => {
    const { rollout } = planned(listing(RUBYS[0] ?? '', 'other', { exitcode: 1 }))
    const would = seen(await rollout.packages.update('mywebapp'))
    expect(would.join()).not.to.contain('needs nothing')
    const { rollout: another } = planned(listing(RUBYS[0] ?? '', 'other', { exitcode: 100 }))
    expect(seen(await another.packages.update('mywebapp'))[0]).to.equal('needs nothing: 1.0')
  })

  it('takes a package that is not outdated for the newest', async () => {
    const { rollout } = planned(
      fleet((_, { action }) => {
        if (action === 'candidate') return failed('Unknown action candidate for agent package')
        return action === 'checkupdates' ? ok({ outdated_packages: [] }) : undefined
      }),
    )
    const verdict = await rollout.packages.update('mywebapp')
    expect(seen(verdict)).to.deep.equal(['needs nothing: 1.0', 'needs nothing: 2.0'])
    expect(seen(await rollout.packages.versionShouldBe('mywebapp', '2.0'))).to.deep.equal([
      'fails, and no line would change it: 1.0',
      'passes already: 2.0',
    ])
  })

  it('fails where an obstacle stands in the way, a package is absent, or the disk is full', async () => {
    const answers: [Answer, Answer, string][] = [
      [
        ok({ candidate: '', obstacle: 'apt-get ended with exit status 100' }),
        ok({ ensure: '1.0' }),
        'would not go',
      ],
      [ok({ candidate: '2.0' }), ok({ ensure: 'absent' }), 'what is not installed is not updated'],
      [
        ok({ candidate: '2.0', needs: 5_000_000, free: 1_000_000 }),
        ok({ ensure: '1.0' }),
        'it needs 5 MB and 1 MB',
      ],
      [failed('the disk is full'), ok({ ensure: '1.0' }), 'the disk is full'],
      [ok({ candidate: '2.0' }), failed('dpkg is broken'), 'dpkg is broken'],
    ]
    for (const [candidate, status, why] of answers) {
      const { rollout } = planned(
        fleet((host, { action }) =>
          host === 'web2'
            ? undefined
            : action === 'candidate'
              ? candidate
              : action === 'status'
                ? status
                : undefined,
        ),
      )
      const verdict = await rollout.packages.update('mywebapp')
      expect(hasPassed(verdict), why).to.equal(false)
      expect(seen(verdict)[0]).to.contain(why)
    }
  })

  it('names who has the package database, and passes: it may be free by then', async () => {
    const { rollout } = planned(
      fleet((_, { action }) =>
        action === 'candidate' ? ok({ candidate: '2.0', locked: 'locked by process 8 (apt)' }) : undefined,
      ),
    )
    const verdict = await rollout.packages.update('mywebapp')
    expect(hasPassed(verdict)).to.equal(true)
    expect(seen(verdict)[0]).to.equal(
      'would go from 1.0 to 2.0, but its package database is locked by process 8 (apt)',
    )
  })

  it('shows what passes already, what would pass by then, and what cannot be known before', async () => {
    const { rollout } = planned(fleet())
    const { traffic, packages, checks, services } = rollout
    traffic.throughBalancerAt('1.2.3.4')
    expect(seen(await checks.shouldBeOk('http'))).to.deep.equal(['passes already: OK', 'passes already: OK'])
    expect(seen(await traffic.block())[0]).to.equal('would begin: blocks 1.2.3.4')
    expect(seen(await traffic.shouldBe('blocked'))[0]).to.equal('would pass: blocks 1.2.3.4')
    await packages.update('mywebapp')
    expect(seen(await packages.versionShouldBe('mywebapp', '2.0'))).to.deep.equal([
      'would pass: 2.0',
      'passes already: 2.0',
    ])
    expect(seen(await checks.shouldBeOk('http'))).to.deep.equal([
      'cannot be known before',
      'passes already: OK',
    ])
    expect(seen(await services.restart('mywebapp'))[0]).to.equal('would restart: running')
    expect(seen(await services.shouldBe('mywebapp', 'running'))[0]).to.equal('would pass: running')
    expect(seen(await traffic.unblock())[0]).to.equal('would end: blocks 1.2.3.4')
    expect(seen(await traffic.shouldBe('unblocked'))[0]).to.equal('would pass: back in rotation by then')
  })

  it('fails when another version would come than the feature expects', async () => {
    const { rollout } = planned(fleet())
    await rollout.packages.update('mywebapp')
    const verdict = await rollout.packages.versionShouldBe('mywebapp', '3.0')
    expect(hasPassed(verdict)).to.equal(false)
    expect(seen(verdict)).to.deep.equal(['would fail: 2.0', 'fails, and no line would change it: 2.0'])
  })

  it('fails on a host that does not answer', async () => {
    const silent: Answer = { kind: 'silent', waited: 2_000 }
    const { rollout } = planned(fleet((host) => (host === 'web2' ? silent : undefined)))
    expect(hasPassed(await rollout.packages.update('mywebapp'))).to.equal(false)
  })

  it('sends no action that is not known to be read-only', async () => {
    const fake = fleet()
    const { rollout } = planned(fake)
    const verdict = await rollout.agents.shouldAnswer('door', 'knock', {}, 'said', 'yes')
    expect(seen(verdict)[0]).to.match(/^cannot be known before: knock of door is not known to only look/)
    expect(fake.asked).to.have.length(0)
  })

  it('names hosts that lack an agent which would be run', async () => {
    const { rollout } = planned(fleet())
    expect(seen(await rollout.agents.run('door', 'open', {}))[0]).to.equal('would run open of door')
    const other = planned(fleet()).rollout
    expect(hasPassed(await other.agents.run('window', 'open', {}))).to.equal(false)
  })

  it('lets an agent rehearse by itself what it can', async () => {
    const fake = fleet()
    const asNoop = (request: Request) => ({ ...request, inputs: { ...request.inputs, noop: true } })
    const { rollout } = rolloutOn(fake, { ports: { planning: { ...planning, asNoop } } })
    expect(seen(await rollout.agents.run('puppet', 'runonce', { force: true }))[0]).to.equal(
      'ran as noop: runonce of puppet',
    )
    expect(fake.asked.at(-1)?.request).to.deep.include({
      inputs: { force: true, noop: true },
      mutating: false,
    })
  })

  it('waits neither for approval nor for a time of day, and says so', async () => {
    const { rollout, notes } = planned(fleet())
    await rollout.gates.waitForApproval(1_000)
    rollout.gates.onlyBetween({ from: 60, to: 120, days: new Set([1]), zone: 'UTC' }, 'Mondays')
    await rollout.waves.take({ kind: 'rest' })
    expect(notes.join('\n')).to.match(/approval would be waited for before 2 hosts/)
    expect(notes.join('\n')).to.match(/not now: it is /)
  })

  it('knows that an update by dnf does not go back to what the repositories have', async () => {
    const { rollout } = planned(
      fleet((_, { action }) => {
        if (action === 'candidate') return ok({ candidate: '1.0-1' })
        return action === 'status' ? ok({ ensure: '2.0-1', provider: 'dnf' }) : undefined
      }),
    )
    expect(seen(await rollout.packages.update('mywebapp'))[0]).to.equal('needs nothing: 2.0-1')
  })

  it('compares "no host may go back" with what hosts have by the line that says so', async () => {
    const { rollout } = planned(
      fleet((_, { action, inputs }) => {
        if (action === 'candidate') return ok({ candidate: inputs['version'] ?? '2.0' })
        return action === 'status' ? ok({ ensure: '1.0', provider: 'apt' }) : undefined
      }),
    )
    await rollout.packages.update('mywebapp')
    rollout.gates.downgradesAllowed = false
    expect(seen(await rollout.packages.install('mywebapp', '1.0'))[0]).to.contain('would go back from 2.0 to')
  })

  it('becomes one for real only where nothing was let pass before', async () => {
    const safe = {
      planning: { ...planning, mayBeLeft: true },
      releases: {
        current: undefined,
        decides: true,
        passedIn: () => ({ not: 'nothing is in the history' }),
        hasArrived: () => true,
      },
    }
    const before: Record<string, (rollout: Rollout) => unknown> = {
      'a host that is not there': ({ hosts: all }) => all.expectExactly(3),
      'an approval': ({ gates }) => gates.waitForApproval(1_000),
      'a time of day': ({ gates }) =>
        gates.onlyBetween({ from: 60, to: 120, days: new Set([1]), zone: 'UTC' }, 'Mondays'),
      'a check that would have been waited for': ({ checks }) => checks.shouldBeOk('http', { times: 3 }),
      'a package that needs nothing': ({ packages }) => packages.install('mywebapp', '2.0'),
      'a wave': ({ waves }) => waves.take({ kind: 'rest' }),
      'an answer that was not asked for': ({ agents }) =>
        agents.shouldAnswer('door', 'knock', {}, 'said', 'yes'),
    }
    for (const [what, work] of Object.entries(before)) {
      const { rollout } = rolloutOn(fleet(), { ports: safe })
      await work(rollout)
      const { message } = await failure(rollout.release.activate('1.2'))
      expect(message, what).to.contain('activate it first thing in the Background')
      expect(rollout.isPlanned, what).to.equal(true)
    }
    const { rollout } = rolloutOn(fleet(), { ports: safe })
    await rollout.hosts.discover()
    await rollout.release.activate('1.2')
    expect(rollout.isPlanned).to.equal(false)
    const { planned } = await rollout.hosts.expectAtLeast(1)
    expect(planned).to.equal(undefined)
  })

  it('goes by what the pool would be by then', async () => {
    const { rollout } = planned(fleet())
    const { traffic, waves } = rollout
    traffic.throughBalancerAt('1.2.3.4')
    traffic.pool.keepAtLeast({ hosts: 1 })
    await waves.take({ kind: 'hosts', count: 1 })
    await traffic.block()
    await rollout.endScenario(true)
    await waves.take({ kind: 'rest' })
    expect((await failure(traffic.block())).message).to.contain('with 1 host out there would be 0')
  })

  it('does not fail a line for a need that an earlier line may have met', async () => {
    const { rollout } = planned(
      fleet((_, { agent, action, inputs }) => {
        if (agent === 'service') return failed('no such service')
        return action === 'status' && inputs['package'] === 'new' ? ok({ ensure: 'absent' }) : undefined
      }),
    )
    expect(hasPassed(await rollout.services.start('new'))).to.equal(false)
    expect(hasPassed(await rollout.packages.update('new'))).to.equal(false)
    await rollout.packages.install('new', '1.0')
    expect(hasPassed(await rollout.packages.update('new'))).to.equal(true)
    expect(seen(await rollout.services.start('new'))[0]).to.match(/, but now no such service$/)
  })

  it('does not rely on what was planned before a package that may start services, or an action that may do anything', async () => {
    const { rollout } = planned(fleet())
    await rollout.services.stop('mywebapp')
    await rollout.packages.update('mywebapp')
    expect(seen(await rollout.services.shouldBe('mywebapp', 'stopped'))[0]).to.equal('cannot be known before')
    expect(seen(await rollout.packages.versionShouldBe('mywebapp', '2.0'))[0]).to.equal('would pass: 2.0')
    await rollout.agents.run('door', 'open', {})
    expect(seen(await rollout.packages.versionShouldBe('mywebapp', '2.0'))[0]).to.equal(
      'cannot be known before',
    )
  })

  /** A balancer that gives orders to every request, as a mistake in one would. */
  const orders = (hosts: readonly string[], { ask }: HostGateway) =>
    ask({ agent: 'door', action: 'open', inputs: {}, mutating: true }, hosts)
  const mistaken: Balancer = {
    ...hostFirewall('1.2.3.4'),
    lastMayGo: false,
    lapses: true,
    look: orders,
    block: orders,
    drain: orders,
    putBack: orders,
    pool: async (hosts, gateway) => {
      await orders(hosts, gateway)
      return []
    },
    requests: async (gateway) => {
      await orders(['web1'], gateway)
      return { requests: 1, failed: 0 }
    },
  }
  const size = { kind: 'each', fact: 'rack' } as const
  const order = { agent: 'door', action: 'open', inputs: {}, mutating: true }
  const lines: ((rollout: Rollout) => unknown)[] = [
    ({ traffic }) => traffic.block(),
    ({ traffic }) => traffic.unblock(),
    ({ traffic }) => traffic.drain({ within: 1_000, cut: true }),
    ({ traffic }) => traffic.shouldBe('blocked'),
    ({ traffic }) => traffic.throughBackend('www'),
    ({ traffic }) => traffic.poolShouldHave('www', 1),
    ({ traffic }) => traffic.fewerRequestsShouldFail(1, 1_000),
    ({ traffic }) => traffic.pool.keepAtLeast({ hosts: 1 }),
    ({ packages }) => packages.update('mywebapp'),
    ({ packages }) => packages.install('mywebapp', '2.0'),
    ({ packages }) => packages.versionShouldBe('mywebapp', '2.0', { within: 5_000 }),
    ({ packages }) => packages.shouldBe('mywebapp', 'absent'),
    ({ packages }) => packages.putBack('mywebapp', '1.0', hosts),
    ({ packages }) => packages.seeWhatBecame(),
    ({ services }) => services.start('mywebapp'),
    ({ services }) => services.stop('mywebapp'),
    ({ services }) => services.restart('mywebapp'),
    ({ services }) => services.shouldBe('mywebapp', 'stopped'),
    ({ checks }) => checks.shouldBeOk('http', { times: 3 }),
    ({ puppet }) => puppet.disable('why'),
    ({ puppet }) => puppet.enable(),
    ({ puppet }) => puppet.shouldBe('disabled'),
    ({ agents }) => agents.run('door', 'open', {}),
    ({ agents }) => agents.shouldAnswer('door', 'open', {}, 'said', 'yes'),
    ({ afterFailure }) => afterFailure.settle(),
    ({ waves }) => waves.take(size),
    (rollout) => rollout.endScenario(false),
    ({ gates }) => gates.waitForApproval(1_000),
    ({ release }) => release.activate('1.2'),
    (rollout) => rollout.ask(order, hosts),
    (rollout) => rollout.reach.record(order, hosts, async () => new Map()),
    (rollout) => rollout.stopAt(new LockstepError('diverged', 'a host diverged')),
  ]
  const before: Checkpoint = {
    run: 'r1',
    hash: 'h',
    hosts,
    out: [],
    outside: [],
    attempted: new Set(),
    seed: undefined,
    had: new Map(),
    tags: new Map(),
    puppetRuns: new Map(),
    puppetRunsEnded: new Set(),
    managed: new Map(),
    scenarios: new Map([
      [
        '1',
        {
          name: 's',
          waves: [],
          done: true,
          overtaken: new Set(),
          unknown: new Map(),
          openPuppetRuns: new Map(),
        },
      ],
    ]),
  }

  it('sends nothing that changes hosts, for any lines', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.nat(lines.length - 1), { maxLength: 12 }),
        fc.record({ strict: fc.boolean(), isMistaken: fc.boolean(), again: fc.boolean() }),
        async (chosen, { strict, isMistaken, again }) => {
          const fake = fleet()
          const balancer = isMistaken ? mistaken : hostFirewall('1.2.3.4')
          const balancers = { at: () => balancer, backend: () => balancer }
          const { rollout } = rolloutOn(fake, {
            ports: { planning, balancers, checkpoint: again ? before : undefined },
          })
          await rollout.beginScenario('1', 's')
          rollout.hosts.withClass('roles::web')
          rollout.gates.downgradesAllowed = !strict
          rollout.afterFailure.healthyGoBack = true
          rollout.afterFailure.versionsGoBack = true
          rollout.traffic.throughBalancerAt('1.2.3.4')
          for (const index of chosen)
            try {
              await lines[index]?.(rollout)
            } catch (error) {
              if (!(error instanceof LockstepError)) throw error
            }
          expect(fake.asked.filter(({ request }) => request.mutating)).to.deep.equal([])
          const actions = new Set(fake.asked.map(({ request }) => request.action))
          for (const action of [
            'block',
            'unblock',
            'update',
            'install',
            'uninstall',
            'start',
            'stop',
            'restart',
            'enable',
            'disable',
            'open',
          ])
            expect(actions.has(action), action).to.equal(false)
        },
      ),
      { numRuns: 300 },
    )
  })
})
