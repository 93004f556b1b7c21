import { expect } from 'chai'
import type { Answer } from '../model/answers'
import type { JournalEntry } from '../model/journal_entry'
import { LockstepError } from '../../system/errors'
import { failure } from '../../testing/failure'
import { FakeFleet, fakeClock } from '../../testing/fake_fleet'
import { tellNobody } from '../../system/wait'
import { JournalledGateway } from './host_gateway'

describe('the way of verbs to hosts', () => {
  const ask = async (
    answer: (host: string) => Answer,
    { mutating = false, expectOwned = () => {} }: { mutating?: boolean; expectOwned?: () => void } = {},
  ) => {
    const entries: JournalEntry[] = []
    const gateway = new JournalledGateway({
      fleet: new FakeFleet(['web1', 'web2'], answer),
      journal: { append: async (entry) => void entries.push(entry as JournalEntry) },
      audience: { tellWait: tellNobody, note: () => {} },
      clock: fakeClock(),
      stopping: new AbortController().signal,
      line: { step: 'x', line: 4 },
      newId: () => 'a',
      beforeChange: async () => {},
      expectOwned,
      overhear: () => {},
    })
    const request = { agent: 'package', action: 'status', inputs: {}, mutating }
    await gateway.ask(request, ['web1', 'web2'])
    return entries.at(-1)
  }

  it('writes down with the answers when they came, and none for a silent host', async () => {
    const entry = await ask((host) =>
      host === 'web1' ? { kind: 'answered', data: {} } : { kind: 'silent', waited: 20_000 },
    )
    expect(entry).to.deep.include({
      type: 'answered',
      outcomes: { answered: ['web1'], silent: ['web2'] },
      times: { answered: 1, first: 0, median: 0, p95: 0, last: 0 },
    })
  })

  it('sends no change whose lock was lost while it was written down, and looks without a lock', async () => {
    const expectOwned = () => {
      throw new LockstepError('lock-failed', 'the lock is lost')
    }
    const told: string[] = []
    const answer = (host: string): Answer => {
      told.push(host)
      return { kind: 'answered', data: {} }
    }
    expect((await failure(ask(answer, { mutating: true, expectOwned }))).message).to.equal('the lock is lost')
    expect(told).to.deep.equal([])
    await ask(answer, { expectOwned })
    expect(told).to.deep.equal(['web1', 'web2'])
  })

  it('sends no change whose lock was lost while it waited for a way to the hosts', async () => {
    let looks = 0
    const expectOwned = () => {
      looks += 1
      if (looks === 2) throw new LockstepError('lock-failed', 'the lock is lost')
    }
    const told: string[] = []
    const answer = (host: string): Answer => {
      told.push(host)
      return { kind: 'answered', data: {} }
    }
    expect((await failure(ask(answer, { mutating: true, expectOwned }))).message).to.equal('the lock is lost')
    expect(told).to.deep.equal([])
  })

  it('writes down no moment where every host is silent', async () => {
    expect(await ask(() => ({ kind: 'silent', waited: 20_000 }))).not.to.have.property('times')
  })
})
