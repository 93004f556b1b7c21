import { expect } from 'chai'
import fc from 'fast-check'
import { ownContractOf } from '../rpc/contracts'
import { LockstepError } from '../system/errors'
import { AgentFleet } from '../testing/agent_fleet'
import { rolloutOn } from '../testing/fake_fleet'
import { IN } from './verbs/obligations'
import type { Planning } from './ports'
import type { Request } from './model/answers'
import type { Rollout } from './rollout'
import { hasPassed, mayGoOn, type Observation, type Verdict } from './model/verdict'
import type { WaveSize } from './model/wave_plan'
import { tellNobody } from '../system/wait'

const REPOSITORY = { app: ['1.0', '2.0', '3.0'], lib: ['1.0', '2.0'] }
const planning: Planning = {
  asNoop: () => undefined,
  isReadOnly: ({ agent, action }) => ownContractOf(agent)?.actions[action]?.effect === 'readOnly',
}

interface Line {
  said: string
  run: (rollout: Rollout) => unknown
}

/** The lines that a feature can say of hosts, in small. */
const lineOf: fc.Arbitrary<Line> = fc
  .record({
    kind: fc.integer({ min: 0, max: 21 }),
    name: fc.constantFrom('app', 'lib'),
    version: fc.constantFrom('1.0', '2.0', '3.0', '9.9'),
    address: fc.constantFrom('1.2.3.4', '1.2.3.5'),
    count: fc.integer({ min: 1, max: 3 }),
    yes: fc.boolean(),
  })
  .map(({ kind, name, version, address, count, yes }): Line => {
    const line = (said: string, run: Line['run']): Line => ({ said, run })
    switch (kind) {
      case 0:
        return line(`through ${address}`, ({ traffic }) => traffic.throughBalancerAt(address))
      case 1:
      case 2:
        return line('block', ({ traffic }) => traffic.block())
      case 3:
      case 4:
        return line('unblock', ({ traffic }) => traffic.unblock())
      case 5:
        return line(`should be ${yes ? 'blocked' : 'unblocked'}`, ({ traffic }) =>
          traffic.shouldBe(yes ? 'blocked' : 'unblocked'),
        )
      case 6:
        return line(`at least ${count} stay`, ({ traffic }) => traffic.pool.keepAtLeast({ hosts: count }))
      case 7:
      case 8:
        return line(`update ${name}`, ({ packages }) => packages.update(name))
      case 9:
      case 10:
        return line(`install ${name} ${version}`, ({ packages }) => packages.install(name, version))
      case 11:
      case 12:
        return line(`${name} should be ${version}`, ({ packages }) => packages.versionShouldBe(name, version))
      case 13:
        return line(`${name} should be ${yes ? 'installed' : 'absent'}`, ({ packages }) =>
          packages.shouldBe(name, yes ? 'installed' : 'absent'),
        )
      case 14:
        return line('start', ({ services }) => (yes ? services.start('app') : services.stop('app')))
      case 15:
        return line('restart', ({ services }) => services.restart('app'))
      case 16:
        return line(`service ${yes ? 'running' : 'stopped'}`, ({ services }) =>
          services.shouldBe('app', yes ? 'running' : 'stopped'),
        )
      case 17:
        return line('no downgrades', ({ gates }) => void (gates.downgradesAllowed = false))
      case 18:
        return line(yes ? 'disable puppet' : 'enable puppet', ({ puppet }) =>
          yes ? puppet.disable('why') : puppet.enable(),
        )
      case 19:
        return line(`puppet ${yes ? 'disabled' : 'enabled'}`, ({ puppet }) =>
          puppet.shouldBe(yes ? 'disabled' : 'enabled'),
        )
      case 20:
        return line(`run uninstall of ${name}`, ({ agents }) =>
          agents.run('package', yes ? 'uninstall' : 'status', { package: name }),
        )
      default:
        return line(`isblocked ${address} ${yes}`, ({ agents }) =>
          agents.shouldAnswer('iptables', 'isblocked', { ipaddr: address }, 'blocked', String(yes)),
        )
    }
  })

const hostOf = fc.record({
  app: fc.constantFrom('1.0', '2.0', '3.0', undefined),
  lib: fc.constantFrom('1.0', '2.0', undefined),
  service: fc.constantFrom('running' as const, 'stopped' as const),
  fate: fc.constantFrom('well', 'well', 'well', 'well', 'silent', 'no service', 'blocked'),
})
type HostSeed = typeof hostOf extends fc.Arbitrary<infer T> ? T : never

const featureOf = fc.record({
  hosts: fc.array(hostOf, { minLength: 1, maxLength: 4 }),
  lines: fc.array(lineOf, { minLength: 1, maxLength: 8 }),
  waves: fc.constantFrom<readonly WaveSize[]>([], [{ kind: 'hosts', count: 1 }, { kind: 'rest' }]),
  mayFail: fc.constantFrom(0, 0, 1),
})
type Small = typeof featureOf extends fc.Arbitrary<infer T> ? T : never

async function fleetOf(hosts: readonly HostSeed[]): Promise<AgentFleet> {
  const name = (index: number) => `web${index + 1}`
  const silent = hosts.flatMap(({ fate }, index) => (fate === 'silent' ? [name(index)] : []))
  const fleet = new AgentFleet(
    hosts.map(({ app, lib, service, fate }, index) => ({
      identity: name(index),
      classes: [],
      facts: {},
      packages: { ...(app === undefined ? {} : { app }), ...(lib === undefined ? {} : { lib }) },
      services: { app: service },
      checks: {},
      without: fate === 'no service' ? ['service'] : [],
      fault: undefined,
    })),
    REPOSITORY,
    new Set(silent),
  )
  const blocked = hosts.flatMap(({ fate }, index) => (fate === 'blocked' ? [name(index)] : []))
  const block = { agent: 'iptables', action: 'block', inputs: { ipaddr: '1.2.3.4' }, mutating: true }
  await fleet.call(block, blocked, { beforeSend: async () => {}, tellWait: tellNobody })
  return fleet
}

/** The outcome of a line: its verdict or why it was refused, and what hosts were before and after it. */
interface Told {
  said: string
  verdict: Verdict | undefined
  refused: string | undefined
  /** The notes that were made meanwhile. */
  noted: string
  before: ReadonlyMap<string, string>
  after: ReadonlyMap<string, string>
}

async function go(
  { hosts, lines, waves, mayFail }: Small,
  more: { planning?: Planning },
): Promise<{ told: Told[]; changed: Request[]; fleet: AgentFleet; rollout: Rollout }> {
  const fleet = await fleetOf(hosts)
  const begun = fleet.asked.length
  const { rollout, verdicts, notes } = rolloutOn(fleet, { ports: { ...more, keepsHistory: true } })
  rollout.traffic.throughBalancerAt('1.2.3.4')
  rollout.waves.foretold(waves)
  if (mayFail > 0) rollout.budget.allow({ hosts: mayFail }, 'rollout')
  const told: Told[] = []
  const tell = async ({ said, run }: Line) => {
    const [n, before, noted] = [verdicts.length, truthOf(fleet), notes.length]
    let refused: string | undefined
    try {
      await run(rollout)
    } catch (error) {
      if (!(error instanceof LockstepError)) throw error
      refused = error.code
    }
    const after = { noted: notes.slice(noted).join('\n'), after: truthOf(fleet) }
    told.push({ said, verdict: verdicts[n], refused, before, ...after })
    const { verdict } = told.at(-1) ?? {}
    return refused === undefined && (verdict === undefined || mayGoOn(verdict))
  }
  const scenarios = waves.length === 0 ? [undefined] : waves
  let goesOn = true
  for (const size of scenarios) {
    // A scenario whose wave has no host in it is skipped.
    if (size !== undefined && told.length > 0 && rollout.waves.left.length === 0) break
    await rollout.beginScenario('1', 's')
    rollout.hosts.withClass('any')
    const take = { said: 'take', run: () => (size === undefined ? undefined : rollout.waves.take(size)) }
    for (const line of [take, ...lines]) goesOn = goesOn && (await tell(line))
    await rollout.endScenario(goesOn)
  }
  return { told, changed: fleet.asked.slice(begun).filter(({ mutating }) => mutating), fleet, rollout }
}

function truthOf(fleet: AgentFleet): Map<string, string> {
  return new Map(
    [...fleet.hosts.keys()].map((host) => {
      const { state, blocked } = fleet.truth(host)
      return [host, [...state, ...blocked.map((address) => `blocks ${address}`).sort()].join(', ')]
    }),
  )
}

/** Returns whether a plan says anything of a host that can turn out to be false. */
function isCertain({ passed, seen }: Observation): boolean {
  return !passed || !/cannot be known before|^would run /.test(seen)
}

function expectAsPlanned(line: string, was: Told, is: Told): void {
  for (const planned of was.verdict?.observations ?? []) {
    const real = is.verdict?.observations.find(({ host }) => host === planned.host)
    const told = `${line}: ${planned.host} ${planned.seen}; for real: ${real?.seen}`
    expect(real, told).not.to.equal(undefined)
    if (!isCertain(planned)) continue
    expect(real?.passed, told).to.equal(planned.passed)
    expectState(told, planned, is)
  }
}

/** Returns whether what could not be known before has not passed: the plan from there on is of other hosts. */
function turnedOutBadly(was: Told, is: Told): boolean {
  const uncertain = was.verdict?.observations.filter((planned) => !isCertain(planned)) ?? []
  const hosts = new Set(uncertain.map(({ host }) => host))
  return is.verdict?.observations.some(({ host, passed }) => !passed && hosts.has(host)) === true
}

/** Expects a host to get what it would get, and a host that needs nothing to stay as it is. */
function expectState(told: string, { host, passed, planned }: Observation, { before, after }: Told): void {
  if (planned === undefined || !passed) return
  const state = after.get(host) ?? ''
  if (!planned.changes) return expect(state, told).to.equal(before.get(host)) as unknown as undefined
  const { resource, to } = planned
  if (to === null || resource.startsWith('action ') || resource.includes('puppet')) return
  const wanted = resource.startsWith('blocks ') ? resource : `${resource} ${to}`
  expect(state.split(', ').includes(wanted), `${told}, it is: ${state}`).to.equal(to !== IN)
}

describe('a plan of any small feature', () => {
  it('changes nothing, and what it says comes true when it is run on the same hosts @long', async () => {
    await fc.assert(
      fc.asyncProperty(featureOf, async (feature) => {
        const plan = await go(feature, { planning })
        const real = await go(feature, {})
        expect(plan.changed).to.deep.equal([])
        const [first] = plan.told
        if (first !== undefined) expect([...truthOf(plan.fleet)]).to.deep.equal([...first.before])
        for (const [index, is] of real.told.entries()) {
          const was = plan.told[index]
          const line = [...real.told.slice(0, index), is].map(({ said }) => said).join(' / ')
          if (was?.noted.includes('cannot be known before') === true && is.refused !== undefined) return
          expect(was?.refused, line).to.equal(is.refused)
          if (was !== undefined) expectAsPlanned(line, was, is)
          if (is.verdict !== undefined && !mayGoOn(is.verdict)) return
          if (was !== undefined && turnedOutBadly(was, is)) return
        }
      }),
      { numRuns: Number(process.env['RUNS'] ?? 300) },
    )
  })

  it('that passes throughout and knows all passes throughout when it is run', async () => {
    await fc.assert(
      fc.asyncProperty(featureOf, async (feature) => {
        const plan = await go(feature, { planning })
        const verdicts = plan.told.flatMap(({ verdict }) => verdict ?? [])
        fc.pre(plan.told.every(({ refused }) => refused === undefined))
        fc.pre(verdicts.every((verdict) => hasPassed(verdict) && verdict.observations.every(isCertain)))
        const real = await go(feature, {})
        expect(real.told.map(({ verdict }) => verdict === undefined || hasPassed(verdict))).to.not.include(
          false,
        )
        expect(real.told.length).to.equal(plan.told.length)
      }),
    )
  })
})
