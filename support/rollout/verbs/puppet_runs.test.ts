import { expect } from 'chai'
import { puppetAgent } from '../../agents/puppet'
import { pretendPuppet } from '../../simulation/pretend_puppet'
import { callOf } from '../../testing/call'
import { PuppetFleet } from '../../testing/puppet_fleet'
import { fakeClock, FakeFleet, rolloutOn, type RehearsalOptions } from '../../testing/fake_fleet'
import type { FaultName } from '../../simulation/faults'
import { checkpointOf } from '../model/checkpoint'
import { changesIn } from '../../history/changes'
import type { Answer, Request } from '../model/answers'
import { hasPassed, type Verdict } from '../model/verdict'
import type { Planning } from '../ports'

const planning: Planning = {
  asNoop: () => undefined,
  isReadOnly: ({ agent, action }) => agent !== 'puppet' || action === 'report',
}
const PENDING = { 'Package[mywebapp]': '4.2.6-2 → 4.2.6-3' }
const ALLOWED = [{ resource: 'Package[mywebapp]', change: '4.2.6-2 → 4.2.6-3' }]

interface Host {
  changes?: Readonly<Record<string, string>>
  fault?: FaultName
}

/** Returns a rollout to hosts whose clocks are its own. */
const on = (hosts: Readonly<Record<string, Host>>, options: RehearsalOptions = {}) => {
  const clock = fakeClock()
  const machines = new Map(
    Object.entries(hosts).map(([name, { changes = PENDING, fault }]) => [
      name,
      pretendPuppet({ release: '2026.11.3 3f2a', changes }, () => clock.now(), {
        fault: () => fault,
        isMended: () => false,
      }),
    ]),
  )
  const agents = new Map([...machines].map(([name, each]) => [name, puppetAgent(each, () => clock.now())]))
  const fleet = new PuppetFleet(agents)
  const truth = (name: string) => machines.get(name)?.really()
  return { fleet, truth, ...rolloutOn(fleet, { ...options, ports: { clock, ...options.ports } }) }
}
const seen = (verdict: Verdict) =>
  verdict.observations.map((each) => `${each.host} ${each.passed} ${each.seen}`)
const orders = (asked: readonly Request[]) =>
  asked.filter(({ mutating }) => mutating).map(({ action }) => action)

describe('a run of puppet', () => {
  it('shows what it would change, changes that and nothing else, and then has nothing left', async () => {
    const { truth, rollout } = on({
      web1: {},
      web2: { changes: { 'File[/etc/passwd]': 'mode 0644 → 0600' } },
    })
    const { puppetRuns } = rollout
    expect(seen(await puppetRuns.run({ noop: true }))[0]).to.equal(
      'web1 true ran in noop: 1 change would be made (2026.11.3 3f2a)',
    )
    expect(truth('web1')).to.have.length(1)
    const verdict = await puppetRuns.wouldChangeOnly(ALLOWED)
    expect(seen(verdict)).to.deep.equal([
      'web1 true would change Package[mywebapp]: 4.2.6-2 → 4.2.6-3',
      'web2 false would also change File[/etc/passwd]: mode 0644 → 0600',
    ])
  })

  it('that applied its release has nothing left to change, also by the run in noop that shows it', async () => {
    const { truth, rollout, journal } = on({ web1: {}, web2: { changes: {} } })
    const { puppetRuns } = rollout
    expect(hasPassed(await puppetRuns.run())).to.equal(true)
    expect(hasPassed(await puppetRuns.shouldHaveFailedOnNothing())).to.equal(true)
    expect(hasPassed(await puppetRuns.shouldHaveApplied('2026.11.3'))).to.equal(true)
    expect(hasPassed(await puppetRuns.shouldChangeNothing())).to.equal(true)
    expect(seen(await puppetRuns.shouldHaveApplied('2026.11.3'))[0]).to.match(
      /^web1 true .*in noop afterwards$/,
    )
    expect(truth('web1')).to.deep.equal([])
    // The history has the run that changed hosts, with its version, and not the one in noop.
    expect(
      changesIn(journal).map(({ host: name, resource, after }) => `${name} ${resource} ${after}`),
    ).to.deep.equal(['web1 puppet run 2026.11.3 3f2a', 'web2 puppet run 2026.11.3 3f2a'])
    expect(hasPassed(await puppetRuns.shouldHaveApplied('2026.11.4'))).to.equal(false)
  })

  for (const [fault, line, said] of [
    ['puppet hangs', 'run', /its run goes on, and was waited for: no second one was ordered/],
    [
      'puppet is killed',
      'run',
      /its run was ended, or not begun, and left no report.*certificate of its host is missing or expired/,
    ],
    ['puppet is running', 'run', /its puppet is running already, by another order; no run was ordered/],
    ['puppet is disabled', 'run', /its puppet is disabled: maintenance; no run was ordered/],
    ['puppet gets no catalog', 'run', /its server gave it no catalog: it applied the one that it had kept/],
    ['lies', 'run', /left no report/],
    ['puppet fails', 'failures', /failed on Exec\[simulated\]/],
  ] as const)
    it(`never passes where ${fault}`, async () => {
      const { fleet, rollout } = on({ web1: { fault } })
      const ran = await rollout.puppetRuns.run({ within: 60_000 })
      const verdict = line === 'run' ? ran : await rollout.puppetRuns.shouldHaveFailedOnNothing()
      expect(hasPassed(verdict)).to.equal(false)
      expect(seen(verdict).join()).to.match(said)
      expect(orders(fleet.asked).length).to.be.at.most(1)
    })

  it('that goes on is not told by the report of a run before it', async () => {
    let fault: FaultName | undefined
    const host = pretendPuppet(undefined, () => 0, { fault: () => fault, isMended: () => false })
    const { actions } = puppetAgent(host, () => 0)
    const told = async (run: string) => (await actions['report']?.({ run }, callOf('report')))?.['found']
    expect(await told(runOf(0))).to.equal('none')
    fault = 'puppet hangs'
    await actions['runonce']?.({ force: true }, callOf('runonce'))
    expect(await told(runOf(0))).to.equal('unreadable')
    expect(await told('another')).to.equal('none')
  })

  it('is proven by no run that this rollout did not order', async () => {
    const { rollout } = on({ web1: {} })
    expect(seen(await rollout.puppetRuns.shouldHaveApplied('2026.11.3'))).to.deep.equal([
      'web1 false has no report of any run',
    ])
  })

  it('is not judged by its code where hosts may go back, and is where they may not', async () => {
    for (const [last, next, passes, said] of [
      ['2026.11.3 a', '2026.11.2 b', false, /went back from 2026\.11\.3 a to 2026\.11\.2 b/],
      ['2026.11.3 a', '1795419734', false, /whether 1795419734 is older than .* is not known/],
      ['', '2026.11.3 a', false, /older than no version, which it had, is not known/],
      ['2026.11.3 a', '2026.11.3 a', true, /ran: 0 changes made/],
      ['2026.11.2 b', '2026.11.3 a', true, /ran: 0 changes made/],
      [undefined, '2026.11.3 a', true, /ran: 0 changes made/],
    ] as const)
      for (const mayGoBack of [true, false]) {
        let isOrdered = false
        const fleet = new FakeFleet(['web1'], (_, { action }) => {
          if (action === 'runonce') {
            isOrdered = true
            return { kind: 'answered', data: {} }
          }
          if (isOrdered) return reporting({ run: runOf(1), more: { config_version: next } })
          return reporting({
            run: 'other',
            more: last === undefined ? { found: 'none' } : { config_version: last },
          })
        })
        const { rollout } = rolloutOn(fleet)
        if (!mayGoBack) rollout.gates.downgradesAllowed = false
        const verdict = await rollout.puppetRuns.run()
        expect(hasPassed(verdict), `${last} ${next}`).to.equal(passes || mayGoBack)
        if (!mayGoBack) expect(seen(verdict).join()).to.match(said)
      }
  })

  it('is not ordered in a plan, which says that it cannot know', async () => {
    const { fleet, rollout } = on({ web1: {} }, { ports: { planning } })
    expect(seen(await rollout.puppetRuns.run()).join()).to.match(
      /would run puppet; what it changes cannot be known/,
    )
    expect(seen(await rollout.puppetRuns.shouldHaveApplied('1')).join()).to.equal(
      'web1 true cannot be known before',
    )
    expect(seen(await rollout.puppetRuns.shouldChangeNothing()).join()).to.match(/would run puppet in noop/)
    expect(orders(fleet.asked)).to.deep.equal([])
  })
})

interface Told {
  run: string
  more?: Readonly<Record<string, unknown>>
  going?: string
}

/** Returns the answer of a host whose last run has this report. */
const reporting = ({ run, more = {}, going = 'no' }: Told): Answer => ({
  kind: 'answered',
  data: {
    enabled: true,
    applying: false,
    going,
    found: 'whole',
    run,
    began: '2026-11-23T07:10:57.040Z',
    config_version: '1',
    noop: false,
    status: 'unchanged',
    completed: true,
    catalog: 'not_used',
    failed: [],
    failed_count: 0,
    failed_to_restart_count: 0,
    skipped: [],
    skipped_count: 0,
    against_noop: [],
    against_noop_count: 0,
    changes: [],
    changes_count: 0,
    ...more,
  },
})
const runOf = (order: number) => `lockstep-${String(order).padStart(32, '0')}`
const LOST: Answer = { kind: 'silent', waited: 2_000 }

describe('an order to run puppet', () => {
  const against = (answer: (request: Request, looks: number) => Answer, options: RehearsalOptions = {}) => {
    let looks = 0
    const fleet = new FakeFleet(['web1'], (_, request) => {
      if (request.action === 'report') looks += 1
      return answer(request, looks)
    })
    return { fleet, ...rolloutOn(fleet, options) }
  }
  const told = (fleet: FakeFleet) => fleet.asked.filter(({ request }) => request.mutating).length
  const ok: Answer = { kind: 'answered', data: {} }

  it('whose answer was lost is looked for, and is not sent twice', async () => {
    const { fleet, rollout } = against(({ action }, looks) =>
      action === 'runonce'
        ? LOST
        : reporting({ run: looks > 3 ? runOf(1) : '', going: looks === 3 ? 'yes' : 'no' }),
    )
    expect(hasPassed(await rollout.puppetRuns.run())).to.equal(true)
    expect(told(fleet)).to.equal(1)
  })

  it('whose answer was lost, and of which no run is seen, has failed', async () => {
    const { fleet, rollout } = against(({ action }) => (action === 'runonce' ? LOST : reporting({ run: '' })))
    expect(hasPassed(await rollout.puppetRuns.run())).to.equal(false)
    expect(told(fleet)).to.equal(1)
  })

  it('is not proven by a run of somebody else that ended meanwhile', async () => {
    const { rollout } = against(({ action }) => (action === 'runonce' ? ok : reporting({ run: 'other' })))
    expect(seen(await rollout.puppetRuns.run()).join()).to.match(/its last report is of another run/)
  })

  for (const [what, more, said] of [
    ['in noop', { noop: true }, /ran in noop, and changed nothing/],
    [
      'without a catalog',
      { completed: false, config_version: '', status: 'failed' },
      /had no catalog.*refused the certificate of the host/,
    ],
    ['cut short', { completed: false, status: 'failed' }, /was ended before it had applied its catalog/],
    ['from a kept catalog', { catalog: 'on_failure' }, /its server gave it no catalog/],
    ['from a catalog of no known source', { catalog: '' }, /does not say where its catalog came from/],
    ['that is half-written', { found: 'unreadable', problem: 'is half-written: x' }, /is half-written: x/],
    ['without its counts', { changes_count: undefined }, /not told in a form that is known/],
  ] as const)
    it(`does not pass by a report ${what}`, async () => {
      const { rollout } = against(({ action }) =>
        action === 'runonce' ? ok : reporting({ run: runOf(1), more }),
      )
      const verdict = await rollout.puppetRuns.run()
      expect(hasPassed(verdict)).to.equal(false)
      expect(seen(verdict).join()).to.match(said)
    })

  it('lets no change pass that the host has left out', async () => {
    const { rollout } = against(({ action }) =>
      action === 'runonce' ? ok : reporting({ run: runOf(1), more: { noop: true, changes_count: 3 } }),
    )
    expect(hasPassed(await rollout.puppetRuns.run({ noop: true }))).to.equal(true)
    expect(seen(await rollout.puppetRuns.wouldChangeOnly([])).join()).to.equal(
      'web1 false would change 3 more',
    )
  })

  const live = (more: Readonly<Record<string, unknown>>) => {
    let noop = false
    let order = 0
    return against((request) => {
      if (request.action !== 'runonce')
        return reporting({
          run: order === 0 ? '' : runOf(order),
          more: { ...(noop ? {} : more), noop, began: `2026-11-23T07:1${order}:00Z` },
        })
      noop = request.inputs['noop'] === true
      order = noop ? 5 : 1
      return ok
    })
  }

  for (const [what, more, said] of [
    [
      'a resource failed',
      { failed: ['Exec[a]'], failed_count: 1, status: 'failed' },
      /^web1 false 1, but failed on Exec\[a\]$/,
    ],
    [
      'a resource was skipped',
      { skipped: ['File[/a]'], skipped_count: 1 },
      /^web1 false 1, but skipped File\[\/a\]: by tags/,
    ],
    [
      'the code keeps a resource in noop',
      { against_noop: ['File[/a]'], against_noop_count: 1 },
      /^web1 false 1, but left File\[\/a\] in noop/,
    ],
  ] as const)
    it(`has not applied its release where ${what}`, async () => {
      const { rollout } = live(more)
      expect(hasPassed(await rollout.puppetRuns.run())).to.equal(true)
      expect(seen(await rollout.puppetRuns.shouldHaveApplied('1')).join()).to.match(said)
    })

  for (const more of [
    { skipped: ['File[/a]'], skipped_count: 1 },
    { against_noop: ['File[/a]'], against_noop_count: 1 },
  ])
    it(`in noop does not show that nothing is left to change: ${Object.keys(more)[0]}`, async () => {
      const { rollout } = against(({ action }) =>
        action === 'runonce' ? ok : reporting({ run: runOf(1), more: { noop: true, ...more } }),
      )
      expect(hasPassed(await rollout.puppetRuns.shouldChangeNothing())).to.equal(false)
    })

  it('in noop does not pass where the code changed the host all the same', async () => {
    const more = { noop: true, against_noop: ['File[/a]'], against_noop_count: 1 }
    const { rollout } = against(({ action }) =>
      action === 'runonce' ? ok : reporting({ run: runOf(1), more }),
    )
    expect(seen(await rollout.puppetRuns.run({ noop: true })).join()).to.match(
      /^web1 false changed File\[\/a\] though it ran in noop/,
    )
  })

  it('keeps what did not restart, also when a run in noop finds nothing to change afterwards', async () => {
    const { rollout, journal } = live({ failed_to_restart_count: 1, status: 'failed' })
    expect(hasPassed(await rollout.puppetRuns.run())).to.equal(true)
    const again = await rollout.puppetRuns.shouldChangeNothing()
    expect(hasPassed(again), seen(again).join()).to.equal(true)
    expect(seen(await rollout.puppetRuns.shouldHaveFailedOnNothing())).to.deep.equal([
      'web1 false 1 resource did not restart',
    ])
    expect(journal.find(({ type }) => type === 'puppet run ended')).to.deep.include({
      failed: { web1: '1 resource did not restart' },
    })
  })

  it('is not sent to an agent without reports, as Ruby’s is', async () => {
    const { fleet, rollout } = against(({ action }) =>
      action === 'report'
        ? { kind: 'failed', message: "Unknown action 'report' for agent 'puppet'", data: {} }
        : { kind: 'answered', data: { failed_resources: 0, config_version: '1' } },
    )
    expect(seen(await rollout.puppetRuns.run()).join()).to.match(/has no action report.*no run was ordered/)
    expect(told(fleet)).to.equal(0)
  })

  it('of a run that was killed is looked for when that is resumed, and not sent again', async () => {
    const first = against(({ action }) => (action === 'runonce' ? ok : reporting({ run: '', going: 'yes' })))
    first.rollout.step = 'I run puppet'
    first.rollout.line = 7
    await first.rollout.ports.journal.append({
      type: 'run',
      feature: 'x',
      hash: 'h',
      mode: 'live',
      environment: 't',
      pid: 1,
      order: 1,
    })
    await first.rollout.beginScenario('9', 's')
    first.rollout.hosts.withClass('roles::web')
    expect(hasPassed(await first.rollout.puppetRuns.run({ within: 5_000 }))).to.equal(false)
    const checkpoint = checkpointOf('r1', first.journal)
    expect([...(checkpoint?.scenarios.get('9')?.openPuppetRuns.values() ?? [])].length).to.equal(1)
    const run = [...(checkpoint?.scenarios.get('9')?.openPuppetRuns.values() ?? [])][0]?.get('web1') ?? ''
    const again = against(() => reporting({ run }), { ports: { checkpoint } })
    again.rollout.step = 'I run puppet'
    again.rollout.line = 7
    await again.rollout.beginScenario('9', 's')
    again.rollout.hosts.withClass('roles::web')
    expect(hasPassed(await again.rollout.puppetRuns.run())).to.equal(true)
    expect(told(again.fleet)).to.equal(0)
    expect(hasPassed(await again.rollout.puppetRuns.shouldHaveFailedOnNothing())).to.equal(true)
  })
})
