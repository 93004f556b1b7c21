import { expect } from 'chai'
import type { Fleet } from '../rollout/ports'
import type { JournalEntry } from '../rollout/model/journal_entry'
import { systemClock } from '../system/clock'
import { testFleet, type TestFleet } from '../testing/embedded'
import { failure } from '../testing/failure'
import { callOf } from '../testing/call'
import { hostLeases, type LeaseOptions } from './host_leases'
import { tellNobody } from '../system/wait'

const HOSTS = ['web1', 'web2', 'web3']

describe('leases that hosts keep', () => {
  let running: TestFleet
  afterEach(() => running.stop())

  function locks(run: string, more: Partial<LeaseOptions> = {}, through = (fleet: Fleet) => fleet) {
    const entries: JournalEntry[] = []
    const fleet: Fleet = {
      discover: () => Promise.reject(new Error('not here')),
      call: ({ agent, action, inputs }, hosts) =>
        running.client.call({
          agent,
          action,
          inputs,
          hosts,
          within: 300,
          signal: new AbortController().signal,
        }),
    }
    const own = { patience: 0, expectOwned: () => {}, take: async () => {}, release: async () => {} }
    const made = hostLeases(own, {
      fleet: through(fleet),
      run,
      feature: 'website.feature',
      owner: `ann@${run}`,
      follows: [],
      takeReason: undefined,
      clock: { ...systemClock, after: () => () => {} },
      journal: { append: async (entry) => void entries.push(entry) },
      wait: () => new Promise((resolve) => setTimeout(resolve, 5)),
      tellWait: tellNobody,
      onTrouble: () => {},
      ...more,
    })
    return Object.assign(made, { entries })
  }
  const owners = async () =>
    Promise.all(
      running.fleet.hosts.map(async (host) => {
        const status = await host.agents.get('lock')?.actions['status']?.({}, callOf('status'))
        return status?.['run']
      }),
    )

  it('are taken on every host, in the journal before, and given back', async () => {
    running = await testFleet(3)
    const one = locks('run-1')
    await one.take(HOSTS)
    await one.take(HOSTS)
    expect(await owners()).to.deep.equal(['run-1', 'run-1', 'run-1'])
    expect(one.entries).to.have.length(1)
    await one.release()
    expect(await owners()).to.deep.equal([undefined, undefined, undefined])
  })

  it('are refused to another control host, which learns the owner and keeps none', async () => {
    running = await testFleet(3)
    await locks('run-1').take(['web2'])
    const refused = await failure(locks('run-2').take(HOSTS))
    expect(refused.code).to.equal('locked')
    expect(refused.message).to.match(
      /^another rollout has some of these hosts: web2: This host is locked by the rollout run-1 of ann@run-1/,
    )
    expect(await owners()).to.deep.equal([undefined, 'run-1', undefined])
  })

  it('are waited for as long as the rollout waits for others', async () => {
    running = await testFleet(3)
    const first = locks('run-1')
    await first.take(HOSTS)
    const second = locks('run-2')
    second.patience = 60_000
    const taken = second.take(HOSTS)
    await first.release()
    await taken
    expect(await owners()).to.deep.equal(['run-2', 'run-2', 'run-2'])
  })

  it('go over to a run that follows the one that has them, or that says why', async () => {
    running = await testFleet(3)
    await locks('run-1').take(HOSTS)
    await locks('run-2', { follows: ['run-1'] }).take(HOSTS)
    expect(await owners()).to.deep.equal(['run-2', 'run-2', 'run-2'])
    await locks('run-3', { takeReason: 'it was killed' }).take(['web1'])
    expect(await owners()).to.deep.equal(['run-3', 'run-2', 'run-2'])
  })

  const losing =
    (isLost: (inputs: Record<string, unknown>) => boolean) =>
    (fleet: Fleet): Fleet => ({
      ...fleet,
      async call(request, hosts, watch) {
        const answers = await fleet.call(request, hosts, watch)
        if (request.action !== 'acquire' || !isLost(request.inputs)) return answers
        const outcomes = new Map(answers.outcomes)
        if (hosts.includes('web2')) outcomes.set('web2', { kind: 'silent', waited: 300 })
        return { ...answers, outcomes }
      },
    })

  it('are given back by a host too whose answer was lost', async () => {
    running = await testFleet(3)
    const refused = await failure(
      locks(
        'run-1',
        {},
        losing(() => true),
      ).take(HOSTS),
    )
    expect(refused.message).to.match(/^no lease was given by web2: no answer/)
    expect(await owners()).to.deep.equal([undefined, undefined, undefined])
  })

  it('are given back too where the answer was lost as they went over to another run', async () => {
    running = await testFleet(3)
    await locks('run-1').take(['web2'])
    const second = locks(
      'run-2',
      { follows: ['run-1'] },
      losing((inputs) => inputs['instead_of'] !== undefined),
    )
    expect((await failure(second.take(HOSTS))).message).to.match(/^no lease was given by web2: no answer/)
    expect(await owners()).to.deep.equal([undefined, undefined, undefined])
  })

  it('are not to be had from a host that does not answer', async () => {
    running = await testFleet(3, { 3: 'silent' })
    const refused = await failure(locks('run-1').take(HOSTS))
    expect(refused.message).to.match(/^no lease was given by web3: no answer from the lock agent there/)
    expect((await owners()).slice(0, 2)).to.deep.equal([undefined, undefined])
  })
})
