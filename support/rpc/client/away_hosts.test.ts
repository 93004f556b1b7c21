import { expect } from 'chai'
import { systemClock, type Clock } from '../../system/clock'
import type { Wait } from '../../system/wait'
import { testFleet, type TestFleet } from '../../testing/embedded'
import type { CallResult } from './result'

const signal = new AbortController().signal
const TIMES = 50
/** A clock that runs ahead, so that no test waits for seconds. */
const quick: Clock = {
  now: () => systemClock.now(),
  elapsed: () => systemClock.elapsed() * TIMES,
  after: (ms, work) => systemClock.after(ms / TIMES, work),
}

describe('a host that may be between two brokers', () => {
  let running: TestFleet | undefined
  const sent: string[] = []

  afterEach(async () => {
    await running?.stop()
    running = undefined
    sent.splice(0)
  })

  /** Calls two hosts of a pool of brokers. The messages whose agent and number `isLost` names reach no host. */
  async function call(
    action: string,
    isLost: (agent: string, number: number) => boolean,
    more: { pool?: number; beforeSend?: (id: string) => void; tellWait?: (wait: Wait) => () => void } = {},
  ): Promise<CallResult> {
    const { pool = 2, ...options } = more
    running = await testFleet(2, {}, undefined, quick, pool)
    const { broker } = running.fleet
    const publish = broker.publish.bind(broker)
    broker.publish = (destination, fields, body) => {
      const agent = /^\/topic\/mcollective\.(\w+)\.agent$/.exec(destination)?.[1]
      if (agent !== undefined) {
        sent.push(agent)
        if (isLost(agent, sent.filter((each) => each === agent).length)) return
      }
      publish(destination, fields, body)
    }
    return running.client.call({
      agent: 'package',
      action,
      inputs: { package: 'mywebapp' },
      hosts: ['web1', 'web2'],
      within: 60_000,
      signal,
      ...options,
    })
  }

  const kinds = ({ outcomes }: CallResult) => [...outcomes.values()].map(({ kind }) => kind)

  it('gets a change once it answers pings, and the change is sent once', async () => {
    const waits: (string | undefined)[] = []
    const result = await call('update', (agent, number) => agent === 'discovery' && number < 3, {
      // Nothing is written down as asked before it can be sent.
      beforeSend: () => void expect(sent).to.deep.equal(['discovery', 'discovery', 'discovery']),
      tellWait: ({ what }) => {
        waits.push(what)
        return () => {}
      },
    })
    expect(kinds(result)).to.deep.equal(['answered', 'answered'])
    expect(sent.filter((agent) => agent === 'package')).to.have.length(1)
    expect(waits[0]).to.equal('hosts to be there')
    expect([...result.unexpected, ...(running?.unexpected ?? [])]).to.deep.equal([])
  })

  it('gets a change at last although it answers no ping: the change then tells that it is silent', async () => {
    const result = await call('update', () => true)
    expect(kinds(result)).to.deep.equal(['silent', 'silent'])
    expect(sent.filter((agent) => agent === 'package')).to.have.length(1)
  })

  it('never gets a change twice; one that is lost may have been done, and is looked at', async () => {
    const result = await call('update', (agent) => agent === 'package')
    expect(kinds(result)).to.deep.equal(['silent', 'silent'])
    expect(result.interrupted).to.equal(true)
    expect(result.outcomes.get('web1')).to.include({ pings: true })
    expect(sent.filter((agent) => agent === 'package')).to.have.length(1)
  })

  it('gets a question again that it has not answered, and the journal knows of each', async () => {
    const ids: string[] = []
    const result = await call('status', (agent, number) => agent === 'package' && number < 3, {
      beforeSend: (id) => void ids.push(id),
    })
    expect(kinds(result)).to.deep.equal(['answered', 'answered'])
    expect(sent.filter((agent) => agent === 'package')).to.have.length(3)
    expect(new Set(ids).size).to.equal(3)
    expect(result.interrupted).to.equal(false)
  })

  it('is not there with one broker, whose loss is noticed: nothing is sent but the request', async () => {
    const result = await call('update', () => false, { pool: 1 })
    expect(kinds(result)).to.deep.equal(['answered', 'answered'])
    expect(sent).to.deep.equal(['package'])
  })
})
