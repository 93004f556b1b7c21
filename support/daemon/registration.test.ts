import { expect } from 'chai'
import type { Clock } from '../system/clock'
import { pskClient, pskServer } from '../protocol/security/psk'
import { readRegistration } from '../monitoring/registration_message'
import { Registration, type RegistrationOptions } from './registration'

describe('the registration of a host', () => {
  let waited: number[]
  let sent: Buffer[]
  let trouble: string[]
  let next: (() => void) | undefined
  const clock: Clock = {
    now: () => 1_700_000_000_000,
    elapsed: () => 0,
    after(ms, callback) {
      waited.push(ms)
      next = callback
      return () => {}
    },
  }
  const turn = async () => {
    next?.()
    for (let each = 0; each < 5; each += 1) await Promise.resolve()
  }
  const registration = (more: Partial<RegistrationOptions> = {}) =>
    new Registration({
      every: 300,
      splay: false,
      collective: 'mcollective',
      identity: 'web1.example.net',
      security: pskClient('s', 'uid=0'),
      agents: () => ['discovery', 'nrpe'],
      clock,
      random: () => 0.5,
      send: async (_to, _ttl, body) => void sent.push(body),
      onTrouble: (what) => trouble.push(what),
      ...more,
    })
  beforeEach(() => {
    ;[waited, sent, trouble, next] = [[], [], [], undefined]
  })

  it('is a request to the agent registration with the names of its agents, at once and then again and again', async () => {
    const one = registration()
    void one.run()
    await turn()
    await turn()
    expect(waited).to.deep.equal([0, 300_000, 300_000])
    const { agent, filter, message, senderid } = pskServer('s').openRequest(sent[0] ?? Buffer.alloc(0))
    expect({ agent, agents: filter.agents, message, senderid }).to.deep.equal({
      agent: 'registration',
      agents: ['registration'],
      message: ['discovery', 'nrpe'],
      senderid: 'web1.example.net',
    })
    expect(sent).to.have.length(2)
    one.stop()
  })

  it('tells the names of its checks as they are at that moment, where it is told to', async () => {
    let checks = ['check_disk']
    const one = registration({ checks: () => checks })
    void one.run()
    await turn()
    checks = []
    await turn()
    one.stop()
    const read = (body: Buffer) =>
      readRegistration(body, {
        security: pskServer('s'),
        collective: 'mcollective',
        nowS: 1_700_000_000,
      })
    expect(sent.map((body) => read(body))).to.deep.equal([
      { name: 'web1.example.net', checks: ['check_disk'] },
      { name: 'web1.example.net', checks: [] },
    ])
  })

  it('may wait for a part of its time first', () => {
    void registration({ splay: true }).run()
    expect(waited).to.deep.equal([150_000])
  })

  it('says when it could not be sent, and goes on', async () => {
    const one = registration({ send: () => Promise.reject(new Error('no broker')) })
    void one.run()
    await turn()
    await turn()
    expect(trouble).to.deep.equal([
      'the host could not register: no broker',
      'the host could not register: no broker',
    ])
    one.stop()
  })
})
