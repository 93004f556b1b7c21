import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { expect } from 'chai'
import { packageAgent } from '../agents/package'
import { ActionFailed, type Agent } from '../rpc/server/agent'
import { callOf } from '../testing/call'
import { FakeClock, settled } from '../testing/fake_clock'
import { Scratch } from '../testing/scratch'
import { OrphanPrograms } from './orphans'
import { sightOf } from './processes'
import { RequestRecord } from './request_record'

describe('programs that an earlier daemon has left', () => {
  let scratch: Scratch
  let program: ChildProcess
  let record: RequestRecord
  let clock: FakeClock
  let agent: Agent
  let looked: number

  beforeEach(async () => {
    scratch = new Scratch()
    clock = new FakeClock()
    looked = 0
    program = spawn('sleep', ['60'])
    await once(program, 'spawn')
    const earlier = await RequestRecord.open(scratch.path, () => 0)
    const sight = sightOf(program.pid ?? 0)
    if (sight === undefined) throw new Error('it does not run')
    await earlier.add({ type: 'program', ...sight })
    await earlier.close()
    record = await RequestRecord.open(scratch.path, () => 1)
    const left = new OrphanPrograms(record, clock)
    const state = () => {
      looked += 1
      return { ensure: '1.0' }
    }
    const manager = { provider: 'apt', state, install: () => '', remove: () => '' }
    const none = () => Promise.reject(new Error('not asked'))
    const lists = { candidate: none, installed: none, outdated: none, refresh: none, clean: none }
    agent = packageAgent(manager, lists, (call) => left.untilFree(call))
  })
  afterEach(async () => {
    program.kill('SIGKILL')
    await record.close()
    scratch.remove()
  })

  const status = (signal?: AbortSignal) =>
    Promise.resolve(agent.actions['status']?.({ package: 'app' }, callOf('status', signal)))

  it('are never worked beside, however long they run: a request is refused and names them', async () => {
    const over = new AbortController()
    const asked = status(over.signal).catch((error: unknown) => error)
    while (clock.elapsed() < 3_600_000) await clock.next(60_000)
    expect(looked, 'after an hour').to.equal(0)
    over.abort(new Error('its time is over'))
    const refused = await asked
    expect(refused).to.be.instanceOf(ActionFailed)
    expect(refused)
      .to.have.property('message')
      .that.equals(
        `An earlier daemon of this host has started a program that is still running: process ${program.pid} (sleep). Nothing is done beside it and nothing was done; ask again once it has ended, or look at the host and end it`,
      )
    expect(looked).to.equal(0)
  })

  it('are waited for, and forgotten when they have ended', async () => {
    const asked = status()
    await clock.next()
    expect(looked).to.equal(0)
    program.kill('SIGKILL')
    await once(program, 'exit')
    await clock.next()
    expect(await asked).to.include({ ensure: '1.0' })
    await settled()
    expect(record.requests.programs()).to.deep.equal([])
  })
})
