import { expect } from 'chai'
import { NO_FILTER, type Filter } from '../../protocol/filter'
import { testFleet, type TestFleet } from '../../testing/embedded'
import { systemClock } from '../../system/clock'
import { LockstepError } from '../../system/errors'
import { slicingProxy } from '../../testing/proxy'
import { reachableFrom } from '../../testing/reachable'
import { Listener, Tracker } from './tracker'
import { excessOf } from './client'
import { broadcastIsCheaper } from './routing'
import type { CallResult, Outcome, UnexpectedReply } from './result'

const signal = new AbortController().signal

describe('a call to hosts', () => {
  let running: TestFleet | undefined

  afterEach(async () => {
    await running?.stop()
    running = undefined
  })

  /** Resolves once every host has carried out an action of the agent for packages; a slow one answers a second later. */
  async function carriedOut({ fleet }: TestFleet, action: string): Promise<void> {
    while (!fleet.hosts.every(({ performed }) => performed.has(`package ${action}`)))
      await new Promise((resolve) => setTimeout(resolve, 5))
  }

  async function call(
    hosts: number,
    faults: Record<number, string>,
    within = 1_500,
    names?: string[],
  ): Promise<CallResult> {
    running = await testFleet(hosts, faults)
    const all = names ?? Array.from({ length: hosts }, (_, i) => `web${i + 1}`)
    return running.client.call({
      agent: 'package',
      action: 'status',
      inputs: { package: 'mywebapp' },
      hosts: all,
      within,
      signal,
    })
  }

  const kinds = (result: CallResult) =>
    Object.fromEntries([...result.outcomes].map(([host, { kind }]) => [host, kind]))

  it('has one outcome for each host, and ends as soon as all have answered', async () => {
    const result = await call(3, {}, 86_400_000)
    expect(kinds(result)).to.deep.equal({ web1: 'answered', web2: 'answered', web3: 'answered' })
    expect(result.outcomes.get('web1')).to.have.nested.property('data.ensure', '1.0')
  })

  it('names the host that never answers', async () => {
    expect(kinds(await call(2, { 2: 'silent' }))).to.deep.equal({ web1: 'answered', web2: 'silent' })
  })

  it('tells a silent host that answers pings from one that is gone, and takes no pong for an answer', async () => {
    running = await testFleet(3, { 1: 'silent', 2: 'silent' })
    running.fleet.hosts[1]?.vanish()
    const { outcomes, unexpected } = await running.client.call({
      agent: 'package',
      action: 'status',
      inputs: { package: 'mywebapp' },
      hosts: ['web1', 'web2', 'web3'],
      within: 1_000,
      signal,
    })
    expect(outcomes.get('web1')).to.include({ kind: 'silent', pings: true })
    expect(outcomes.get('web2')).to.include({ kind: 'silent', pings: false })
    expect(outcomes.get('web3')).to.include({ kind: 'answered' })
    expect([...unexpected, ...running.unexpected]).to.deep.equal([])
  })

  it('says of hosts the same, and that alone, however far their answers are beyond what is read', async () => {
    running = await testFleet(2)
    const { broker } = running.fleet
    const publish = broker.publish.bind(broker)
    const megabytes: Record<string, number> = { web1: 8.01, web2: 20 }
    broker.publish = (destination, fields, body) => {
      const size = megabytes[fields['mc_sender'] ?? '']
      publish(destination, fields, size === undefined ? body : Buffer.alloc(size * 1024 * 1024))
    }
    const { outcomes, unexpected } = await running.client.call({
      agent: 'package',
      action: 'status',
      inputs: { package: 'mywebapp' },
      hosts: ['web1', 'web2'],
      within: 60_000,
      signal,
    })
    const reason = (size: string) => `answered with ${size}, which was not read: one answer may have 4 MB`
    expect(Object.fromEntries(outcomes)).to.deep.equal({
      web1: { kind: 'untrusted', reason: reason('8 MB') },
      web2: { kind: 'untrusted', reason: reason('20 MB') },
    })
    expect(unexpected).to.deep.equal([])
  })

  it('pings no host where all have answered', async () => {
    running = await testFleet(1)
    const asked: string[] = []
    const { broker } = running.fleet
    const publish = broker.publish.bind(broker)
    broker.publish = (...message) => {
      asked.push(message[0])
      publish(...message)
    }
    await running.client.call({
      agent: 'package',
      action: 'status',
      inputs: { package: 'mywebapp' },
      hosts: ['web1'],
      within: 1_000,
      signal,
    })
    expect(asked.filter((destination) => destination.includes('discovery'))).to.deep.equal([])
  })

  it('calls no host silent whose answer waits to be read when the time is over', async () => {
    const n = 500
    running = await testFleet(n)
    const hosts = Array.from({ length: n }, (_, i) => `web${i + 1}`)
    const { outcomes } = await running.client.call({
      agent: 'package',
      action: 'status',
      inputs: { package: 'mywebapp' },
      hosts,
      within: 200,
      signal,
      // This process is busy until the time is over.
      beforeSend: () =>
        void setTimeout(() => Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 300), 1),
    })
    expect([...outcomes].filter(([, { kind }]) => kind !== 'answered')).to.deep.equal([])
  })

  it('gives hosts the whole time from when they are asked, however long the journal takes', async () => {
    running = await testFleet(1)
    const result = await running.client.call({
      agent: 'package',
      action: 'status',
      inputs: { package: 'mywebapp' },
      hosts: ['web1'],
      within: 150,
      signal,
      beforeSend: () => new Promise((resolve) => setTimeout(resolve, 300)),
    })
    expect(kinds(result)).to.deep.equal({ web1: 'answered' })
  })

  it('gives the agent’s own words when it could not', async () => {
    const result = await call(1, { 1: 'fails' })
    expect(result.outcomes.get('web1')).to.include({ kind: 'failed', code: 5, message: 'the disk is full' })
  })

  const untrusted: [string, RegExp][] = [
    ['wrong secret', /bad signature/],
    ['garbage', /cannot be read/],
    ['truncated', /cannot be read/],
    ['too deep', /cannot be read.*nested/],
    ['wrong type', /statuscode/],
    ['stale', /sent \d+ s ago by its own clock/],
    ['ahead', /in the future/],
  ]
  for (const [fault, reason] of untrusted) {
    it(`does not believe a host with the fault "${fault}"`, async () => {
      const outcome = (await call(2, { 1: fault })).outcomes.get('web1')
      expect(outcome?.kind).to.equal('untrusted')
      expect(outcome).to.have.property('reason').that.matches(reason)
    })
  }

  it('counts a second, equal answer once, and notes it', async () => {
    const result = await call(2, { 1: 'duplicate', 2: 'slow' }, 3_000)
    expect(kinds(result)).to.deep.equal({ web1: 'answered', web2: 'answered' })
    expect(result.unexpected).to.deep.equal([
      { kind: 'duplicate', host: 'web1', detail: 'answered twice, the same', fails: false },
    ])
  })

  it('does not believe a host that answers twice, and not the same', async () => {
    const result = await call(2, { 1: 'contradicts', 2: 'slow' }, 3_000)
    expect(kinds(result)).to.deep.equal({ web1: 'untrusted', web2: 'answered' })
    expect(result.unexpected[0]).to.include({ kind: 'contradiction', host: 'web1', fails: true })
  })

  it('reports a contradiction that comes with or after the last answer', async () => {
    const result = await call(1, { 1: 'contradicts' })
    await new Promise((resolve) => setTimeout(resolve, 100))
    expect([...result.unexpected, ...(running?.unexpected ?? [])][0]).to.include({
      kind: 'contradiction',
      host: 'web1',
      fails: true,
    })
  })

  it('reports a contradiction behind ten thousand duplicates that come at the end', async () => {
    running = await testFleet(1)
    const { broker } = running.fleet
    const publish = broker.publish.bind(broker)
    let replied: Parameters<typeof publish> | undefined
    broker.publish = (...message) => {
      if (message[0].includes('reply')) replied = message
      publish(...message)
    }
    await running.client.call({
      agent: 'package',
      action: 'status',
      inputs: { package: 'mywebapp' },
      hosts: ['web1'],
      within: 60_000,
      signal,
    })
    const [destination = '', fields = {}, body = Buffer.alloc(0)] = replied ?? []
    for (let each = 0; each < 10_000; each += 1) publish(destination, fields, body)
    publish(destination, fields, Buffer.from(body.toString('latin1').replace('1.0', '1.1'), 'latin1'))
    // On a busy machine so many take longer than any one look.
    while (running.unexpected.length < 10_001) await running.client.listen(50, signal)
    expect(running.unexpected.map(({ kind }) => kind).filter((kind) => kind !== 'duplicate')).to.deep.equal([
      'contradiction',
    ])
    expect(running.unexpected).to.have.length(10_001)
  })

  it('fails for a stranger’s answer', async () => {
    const result = await call(2, { 1: 'stranger' })
    expect(result.unexpected[0]).to.include({ kind: 'unexpected', host: 'stranger.example.net', fails: true })
  })

  it('names both when one answers in the name of another', async () => {
    const result = await call(2, { 1: 'spoofs' })
    expect(kinds(result)).to.deep.equal({ web1: 'silent', web2: 'answered' })
    expect(result.unexpected[0]?.detail).to.equal(
      'sent by web1, but says that it is from another.example.net',
    )
  })

  it('takes an answer to another request for no host’s answer', async () => {
    expect(kinds(await call(2, { 1: 'wrong id' }))).to.deep.equal({ web1: 'silent', web2: 'answered' })
    expect(running?.unexpected[0]).to.include({ kind: 'foreign', host: 'web1' })
  })

  it('never counts a late answer for a later call', async () => {
    const first = await call(1, { 1: 'slow' }, 100)
    expect(kinds(first)).to.deep.equal({ web1: 'silent' })
    while (running?.unexpected.length === 0) await new Promise((resolve) => setTimeout(resolve, 10))
    expect(running?.unexpected[0]).to.include({ kind: 'late', host: 'web1' })
  })

  it('refuses inputs that break the contract, and sends nothing', async () => {
    running = await testFleet(1)
    for (const name of ['my webapp', '; rm -rf /', '$(x)', '-y', 'a'.repeat(200)]) {
      const sent = running.client.call({
        agent: 'package',
        action: 'update',
        inputs: { package: name },
        hosts: ['web1'],
        within: 100,
        signal,
      })
      await sent.then(
        () => expect.fail('it was accepted'),
        (error: unknown) => expect(error).to.be.instanceOf(LockstepError).with.property('code', 'bad-input'),
      )
    }
    expect([...(running.fleet.hosts[0]?.performed ?? [])]).to.deep.equal([])
  })

  it('sends nothing when what has to be written down first cannot be', async () => {
    running = await testFleet(1)
    const beforeSend = () => Promise.reject(new Error('the disk is full'))
    const sent = running.client.call({
      agent: 'package',
      action: 'update',
      inputs: { package: 'mywebapp' },
      hosts: ['web1'],
      within: 100,
      signal,
      beforeSend,
    })
    await sent.then(
      () => expect.fail('it was sent'),
      (error: Error) => expect(error.message).to.equal('the disk is full'),
    )
    expect(running.fleet.hosts[0]?.performed.size).to.equal(0)
  })

  it('goes by time that passes, and names the skew, when the clock jumps back an hour meanwhile', async () => {
    let jump = 0
    running = await testFleet(2, { 2: 'slow' }, undefined, { ...systemClock, now: () => Date.now() - jump })
    const hosts = ['web1', 'web2']
    const called = running.client.call({
      agent: 'package',
      action: 'status',
      inputs: { package: 'mywebapp' },
      hosts,
      within: 60_000,
      signal,
    })
    await carriedOut(running, 'status')
    setTimeout(() => (jump = 3_600_000), 300)
    const result = await called
    expect(kinds(result)).to.deep.equal({ web1: 'answered', web2: 'untrusted' })
    expect(result.outcomes.get('web2'))
      .to.have.property('reason')
      .that.matches(/3[56]\d\d s in the future by its own clock/)
  })

  for (const [name, size, delay] of [
    ['that hands on single bytes', 1, 0],
    ['with a delay of 200 ms', 1_000_000, 200],
  ] as const) {
    it(`is the same through a connection ${name}`, async () => {
      running = await testFleet(3, {}, (port) => slicingProxy(port, size, delay))
      const hosts = ['web1', 'web2', 'web3']
      const result = await running.client.call({
        agent: 'package',
        action: 'update',
        inputs: { package: 'mywebapp' },
        hosts,
        within: 10_000,
        signal,
      })
      expect(kinds(result)).to.deep.equal({ web1: 'answered', web2: 'answered', web3: 'answered' })
      expect(result.unexpected).to.deep.equal([])
    })
  }

  for (const [action, times] of [
    // A repeated look has a request id of its own.
    ['status', 2],
    ['update', 1],
  ] as const) {
    it(`has ${action} carried out ${times === 1 ? 'once' : 'again'} when the broker drops everybody in between`, async () => {
      running = await testFleet(3, { 1: 'slow', 2: 'slow', 3: 'slow' })
      const { broker, hosts } = running.fleet
      const called = running.client.call({
        agent: 'package',
        action,
        inputs: { package: 'mywebapp' },
        hosts: ['web1', 'web2', 'web3'],
        within: 60_000,
        signal,
      })
      await carriedOut(running, action)
      broker.dropConnections()
      const result = await called
      expect(result.interrupted).to.equal(true)
      expect(kinds(result)).to.deep.equal({ web1: 'answered', web2: 'answered', web3: 'answered' })
      for (const host of hosts) expect(host.performed.get(`package ${action}`)).to.equal(times)
    })
  }
})

describe('discovery', () => {
  let running: TestFleet

  before(async () => {
    running = await testFleet(6, { 6: 'silent' })
  })
  after(() => running.stop())

  const find = async (filter: Partial<Filter>, hosts?: string[]) => {
    const found = await running.client.discover({
      filter: { ...NO_FILTER, ...filter },
      within: 500,
      signal,
      ...(hosts === undefined ? {} : { hosts }),
    })
    return found.hosts
  }

  it('finds by class, by fact, by name and by pattern', async () => {
    expect(await find({ classes: ['roles::web'] })).to.have.length(6)
    expect(await find({ facts: [{ fact: 'country', operator: '==', value: 'fr' }] })).to.deep.equal([
      'web2',
      'web4',
      'web6',
    ])
    expect(await find({ facts: [{ fact: 'country', operator: '!=', value: 'fr' }] })).to.deep.equal([
      'web1',
      'web3',
      'web5',
    ])
    expect(await find({ identities: ['/web[12]/', 'web5'] })).to.deep.equal(['web1', 'web2', 'web5'])
    expect(await find({ classes: ['nothing'] })).to.deep.equal([])
  })

  it('finds each host that has answered, though this process reads it after the end of the window', async () => {
    const looked = find({ classes: ['roles::web'] })
    setTimeout(() => Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 300), 1)
    expect(await looked).to.have.length(6)
  })

  it('of known hosts finds those that run an agent', async () => {
    const running = await testFleet(2)
    const all = ['web1', 'web2']
    const findWith = async (agent: string) =>
      (
        await running.client.discover({
          filter: { ...NO_FILTER, agents: [agent] },
          hosts: all,
          within: 600,
          signal,
        })
      ).hosts
    expect(await findWith('package')).to.deep.equal(all)
    expect(await findWith('nosuch')).to.deep.equal([])
    await running.stop()
  })

  it('of known hosts tells who is there, and ends when all have answered', async () => {
    expect(await find({}, ['web1', 'web2'])).to.deep.equal(['web1', 'web2'])
    expect(await find({}, ['web1', 'web99'])).to.deep.equal(['web1'])
  })
})

describe('an answer', () => {
  it('of more than 4 MB is not read, and says its size', () => {
    expect(excessOf(4 * 1024 * 1024, 0)).to.equal(undefined)
    expect(excessOf(8 * 1024 * 1024, 0)).to.match(/^answered with 8 MB, which was not read: one answer/)
  })

  it('is not read once the answers to its call have 128 MB together', () => {
    let [read, kept] = [0, 0]
    for (let host = 0; host < 90; host += 1) {
      if (excessOf(3 * 1024 * 1024, kept) !== undefined) continue
      read += 1
      kept += 3 * 1024 * 1024
    }
    expect([read, kept]).to.deep.equal([42, 42 * 3 * 1024 * 1024])
    expect(excessOf(3 * 1024 * 1024, kept)).to.match(/3 MB, which was not read: all answers to one call/)
  })
})

describe('a flood of answers', () => {
  const answered = { kind: 'answered', data: {} } as const
  const same = Buffer.from('the same')
  const another = Buffer.from('another')

  function flooded(late: UnexpectedReply[] = []) {
    const tracker = new Tracker(
      ['web1', 'web2'],
      'a',
      () => {},
      (message) => late.push(message),
    )
    for (let each = 0; each < 10_000; each += 1) tracker.settle('web1', answered, same, 'a')
    return tracker
  }

  it('is told once for each sender, and does not grow', () => {
    const tracker = flooded()
    for (let each = 0; each < 100_000; each += 1) tracker.settle(`stranger${each}`, answered, same, 'a')
    expect(tracker.unexpected.length).to.be.at.most(1_002)
    expect(tracker.outcomes.size).to.equal(1)
    expect(tracker.unexpected[0]).to.include({ host: 'web1', times: 9_999, fails: false })
    expect(tracker.unexpected.at(-1)).to.include({ host: 'and others', times: 99_000, fails: true })
  })

  it('does not hide an answer that differs', () => {
    const tracker = flooded()
    tracker.settle('web1', answered, another, 'a')
    expect(tracker.outcomes.get('web1')).to.include({ kind: 'untrusted' })
    expect(tracker.unexpected.filter(({ fails }) => fails)).to.deep.equal([
      { kind: 'contradiction', host: 'web1', detail: 'answered twice, and not the same', fails: true },
    ])
  })

  it('does not hide one that comes after the step, of which only digests are kept', () => {
    const late: UnexpectedReply[] = []
    const tracker = flooded(late)
    expect([...tracker.finish(1).outcomes.keys()]).to.deep.equal(['web1', 'web2'])
    tracker.settle('web1', answered, same, 'a')
    tracker.settle('web1', answered, another, 'a')
    expect(late.map(({ kind }) => kind)).to.deep.equal(['duplicate', 'contradiction'])
    expect([tracker.outcomes.size, tracker.remembered]).to.deep.equal([0, 1])
  })

  it('leaves nothing behind that leads to the answers, or to the caller', () => {
    const [onComplete, onLate, onAnswer] = [() => {}, () => {}, () => {}]
    const tracker = new Tracker(['web1', 'web2'], 'a', onComplete, onLate, onAnswer)
    const listener = new Listener(onLate)
    tracker.settle('web1', answered, same, 'a')
    listener.settle('web1', answered)
    const kept = () =>
      [onComplete, onAnswer, answered].map((each) => reachableFrom([tracker, listener]).has(each))
    expect(kept()).to.deep.equal([true, true, true])
    tracker.finish(1)
    listener.end()
    listener.close()
    expect(kept()).to.deep.equal([false, false, false])
  })

  it('of strangers does not hide a host that was asked', () => {
    const tracker = flooded()
    for (let each = 0; each < 5_000; each += 1) tracker.settle(`stranger${each}`, answered, same, 'a')
    tracker.settle('web1', answered, another, 'a')
    expect(tracker.unexpected.find(({ kind }) => kind === 'contradiction')).to.include({ host: 'web1' })
  })

  it('to a discovery does not hide a forged answer', () => {
    const listener = new Listener(() => {})
    for (let each = 0; each < 10_000; each += 1) listener.settle('web1', answered)
    listener.settle('web1', { kind: 'untrusted', reason: 'bad signature' })
    expect(listener.end().filter(({ fails }) => fails)).to.have.length(1)
  })
})

describe('the tally of a call under way', () => {
  const ok: Outcome = { kind: 'answered', data: {} }
  const tracker = () =>
    new Tracker(
      ['web1', 'web2', 'web3', 'web4', 'web5', 'web6'],
      'a',
      () => {},
      () => {},
    )
  const answer = (to: Tracker, host: string, outcome: Outcome = ok, body = 'the same') =>
    to.settle(host, outcome, Buffer.from(body), 'a')

  it('counts each host once, and no other', () => {
    const own = tracker()
    for (const host of ['web1', 'web2', 'web1', 'stranger']) answer(own, host)
    const someMissing = ['web3', 'web4', 'web5']
    expect(own.tally()).to.deep.equal({ done: 2, failed: 0, expected: 6, someMissing })
  })

  it('counts no refusal as done, nor a host that contradicts itself', () => {
    const own = tracker()
    answer(own, 'web1', { kind: 'failed', code: 1, message: 'no', data: {} })
    answer(own, 'web2', { kind: 'untrusted', reason: 'bad signature' })
    for (const host of ['web3', 'web4', 'web5', 'web6']) answer(own, host)
    expect(own.tally()).to.deep.equal({ done: 4, failed: 2, expected: 6, someMissing: [] })
    for (const host of ['web3', 'web3', 'web1']) answer(own, host, ok, 'another')
    expect(own.tally()).to.include({ done: 3, failed: 3 })
  })

  it('counts no answer that comes late', () => {
    const own = tracker()
    answer(own, 'web1')
    own.finish(1)
    answer(own, 'web2')
    expect(own.tally().done).to.equal(0)
  })
})

describe('the way to a set of hosts', () => {
  const hosts = (n: number) => Array.from({ length: n }, (_, i) => `web${i}.example.net`)

  it('is one broadcast where a message to each costs more', () => {
    expect(broadcastIsCheaper(hosts(20), 0)).to.equal(true)
    expect(broadcastIsCheaper(hosts(5_000), 0)).to.equal(false)
    expect(broadcastIsCheaper(hosts(5_000), 500)).to.equal(true)
    expect(broadcastIsCheaper(hosts(1), Infinity)).to.equal(true)
  })
})
