import { expect } from 'chai'
import type { Conclusion, JournalEntry } from '../rollout/model/journal_entry'
import type { Verdict } from '../rollout/model/verdict'
import type { RolloutEvent } from '../notifications/event'
import { EVENTS } from '../notifications/event'
import type { Environment } from '../config/environment'
import { DEFAULTS, NO_VARIABLES } from '../config/environment'
import { systemClock } from '../system/clock'
import { LockstepError } from '../system/errors'
import { WebEndpoint } from '../testing/web_endpoint'
import { NotificationListener } from './notification_listener'
import { BEGAN } from '../testing/fake_fleet'
import { settled } from '../testing/fake_clock'
import { BEGINNING, begunRun } from '../testing/told_run'
import type { Run } from '../run/run'

describe('the notifications of a run', () => {
  let endpoint: WebEndpoint
  let run: Run
  let notifications: NotificationListener
  beforeEach(async () => {
    endpoint = await WebEndpoint.start()
    run = begunRun([FIRST], 'live')
    await run.stream.append({ ...BEGAN, feature: 'rolling.feature' })
    await run.stream.append({ type: 'roll call', hosts: ['web1', 'web2', 'web3'] })
    notifications = new NotificationListener(run, environment(endpoint.url('/')), systemClock, Math.random)
  })
  afterEach(() => endpoint.stop())

  const told = () =>
    endpoint.received.map(({ body }) => JSON.parse(body) as RolloutEvent & { summary: string })
  const heard = async (...said: (JournalEntry | Conclusion)[]) => {
    for (const each of said) await run.stream.append(each)
  }
  const verdict = (change: Partial<Verdict> = {}): Verdict => ({
    observations: ['web1', 'web2'].map((host) => ({
      host,
      passed: host === 'web1',
      kind: 'answered',
      seen: 'x',
    })),
    unexpected: [],
    ...change,
  })
  const scenario: JournalEntry = { type: 'scenario', scenarioId: '9', name: '' }
  const wave = { type: 'wave', name: '1 host', hosts: ['web1'] } as const
  const second: JournalEntry = { ...wave, hosts: ['web2'] }
  const concluded = (change: Partial<Verdict> = {}) =>
    heard({ type: 'verdict', step: '', line: 14, verdict: verdict(change) })

  it('tell its beginning, its waves and its end', async () => {
    notifications.started()
    notifications.started()
    await heard(scenario, wave, { type: 'scenario passed', scenarioId: '9' }, scenario, second)
    await heard({ type: 'scenario passed', scenarioId: '10' }, scenario, {
      type: 'scenario passed',
      scenarioId: '11',
    })
    await notifications.end()
    expect(told().map(({ event, number }) => `${event} ${number}`)).to.deep.equal([
      'started 1',
      'wave begun 1',
      'wave ended 1',
      'wave begun 2',
      'wave ended 2',
      'ended 1',
    ])
    expect(told().at(-1)).to.deep.include({
      run: run.id,
      mode: 'live',
      environment: 'embedded fleet',
      feature: 'rolling.feature',
      outcome: { title: 'PASSED', exitCode: 0 },
      summary: 'PASSED, 3 hosts',
    })
    expect(run.state.notes).to.deep.equal([])
  })

  it('tell at which line it stopped, with which hosts', async () => {
    await heard(scenario, { type: 'wave', name: '2 hosts', hosts: ['web1', 'web2'] })
    await heard({ type: 'opened', obligation: 'blocks 192.168.1.1', hosts: ['web2'] })
    run.beginLine({ uri: 'rolling.feature', scenarioId: '9', line: 14, text: 'the check http should be ok' })
    notifications.started()
    await concluded()
    run.refuse(new LockstepError('broker-lost', 'the broker went away'))
    await notifications.end()
    const [failed, ended] = told().filter(({ event }) => event === 'failed' || event === 'ended')
    expect(failed).to.deep.include({
      event: 'failed',
      reason: 'at "the check http should be ok" (rolling.feature:14)',
      failed: { count: 1, names: ['web2'] },
      outOfRotation: { count: 1, names: ['web2'] },
      counts: { hosts: 3, answered: 2, diverged: 1, silent: 0, out: 0, restored: 0, notAttempted: 1 },
    })
    expect(ended?.outcome).to.deep.equal({ title: 'UNREACHABLE', exitCode: 4 })
    expect(ended?.reason).to.equal('the broker went away')
  })

  it('do not report hosts within the failure budget as a failure', async () => {
    notifications.started()
    await concluded({ tolerated: true })
    await notifications.end()
    expect(told().map(({ event }) => event)).to.deep.equal(['started', 'ended'])
  })

  it('tell each time that approval is wanted, before the run asks for it', async () => {
    const asked: string[] = []
    const approval = notifications.beforeAsking({
      ask: async (question) => {
        asked.push(question)
        return 'me'
      },
    })
    notifications.started()
    expect(await approval.ask('Go on with 3 hosts?', 60_000)).to.equal('me')
    expect(await approval.ask('Go on with 3 hosts?', 60_000)).to.equal('me')
    await notifications.end()
    expect(told().map(({ event }) => event)).to.deep.equal([
      'started',
      'approval wanted',
      'approval wanted',
      'ended',
    ])
    expect(told()[1]?.reason).to.equal('Go on with 3 hosts? It is waited for 1 min.')
    expect(asked).to.have.length(2)
  })

  it('tell nothing before it is on disk', async () => {
    const disk = await slowDisk()
    notifications.started()
    await heard(scenario, wave)
    await settled()
    expect(told(), 'before the disk has it').to.deep.equal([])
    disk.keep()
    run.end()
    expect(disk.entries.at(-1)).to.equal('ended')
    await notifications.end()
    expect(told().map(({ event }) => event)).to.deep.equal(['started', 'wave begun', 'ended'])
    expect(run.state.notes).to.deep.equal([])
  })

  it('tell no more than the failure where nothing can be written', async () => {
    const disk = await slowDisk()
    notifications.started()
    await heard(scenario, wave)
    disk.fail()
    await notifications.end()
    const [ended, ...others] = told()
    expect(others).to.deep.equal([])
    expect(ended).to.deep.include({ event: 'ended', outcome: { title: 'FAILED', exitCode: 1 } })
  })

  /** Gives the run a journal whose entries from here on are on disk only when a test says so. */
  async function slowDisk() {
    const entries: string[] = []
    let settle: { resolve: () => void; reject: (error: Error) => void } | undefined
    let isSlow = false
    const kept = new Promise<void>((resolve, reject) => (settle = { resolve, reject }))
    kept.catch(() => {})
    run.stream.openInto({
      put: (entry) => void entries.push((entry as { type: string }).type),
      settle: async () => (isSlow ? kept : undefined),
      settleNow: () => {},
    })
    await run.stream.append({ ...BEGAN, feature: 'rolling.feature' })
    isSlow = true
    return {
      entries,
      keep: () => settle?.resolve(),
      fail: () => settle?.reject(new Error('the disk is full')),
    }
  }

  it('hold no secret, from any sender', async () => {
    run.conceal(['s3cret'])
    run.begin({ ...BEGINNING, environment: 'of s3cret' })
    await heard({ type: 'opened', obligation: 'blocks', hosts: ['s3cret.example.net'] })
    notifications.started()
    run.refuse(new LockstepError('bad-config', 'the password s3cret\u001b[2J\nis wrong'))
    await notifications.end()
    expect(endpoint.received.map(({ body }) => body).join()).not.to.contain('s3cret')
    expect(told()[1]).to.deep.include({ environment: 'of ***', reason: 'the password *** is wrong' })
  })

  it('are not sent for a run that never began', async () => {
    await notifications.end()
    expect(told()).to.deep.equal([])
  })

  it('are a note when they are not taken, and nothing else', async () => {
    endpoint.answer = (response) => void response.writeHead(404).end()
    notifications.started()
    await notifications.end()
    expect(run.state.notes).to.deep.equal([
      `2 notifications were not delivered to webhook 127.0.0.1:${endpoint.port}: answered 404`,
    ])
    expect(run.exitCode).to.equal(0)
  })

  it('are a note when they cannot even be made', async () => {
    notifications.started()
    Object.defineProperty(run.state, 'outOfRotation', {
      get: () => {
        throw new Error('out of order')
      },
    })
    await heard(scenario, wave)
    await notifications.end()
    expect(run.state.notes[0]).to.equal('the notification "wave begun" could not be made: out of order')
    expect(run.exitCode).to.equal(0)
  })
})

const FIRST = { uri: 'rolling.feature', scenarioId: '9', name: '', steps: [], wave: '1 host', tags: [] }

function environment(url: string): Environment {
  return {
    ...DEFAULTS,
    ...NO_VARIABLES,
    name: 'production',
    road: {
      connector: 'activemq',
      brokers: [],
      virtualHost: '',
      security: { provider: 'psk', secret: '', callerid: '' },
      directAddressing: true,
    },
    collective: 'mcollective',
    identity: 'control',
    timeouts: {},
    safeMode: false,
    inventory: [],
    environments: undefined,
    haproxy: [],
    balancers: [],
    prometheus: undefined,
    hostLeases: false,
    notifications: [{ kind: 'webhook', url, on: EVENTS, secrets: [] }],
    warnings: [],
  }
}
