import { expect } from 'chai'
import fc from 'fast-check'
import { NO_FILTER } from '../../protocol/filter'
import { decodeRpcReply, encodeRpcRequest } from '../../protocol/rpc_body'
import type { Plain } from '../../protocol/plain'
import type { RubyHash } from '../../protocol/marshal/values'
import { pskClient, pskServer } from '../../protocol/security/psk'
import { marshal } from '../../protocol/security/serializer'
import type { Clock } from '../../system/clock'
import { contracts } from '../contracts'
import { ActionFailed, type Agent } from './agent'
import { RpcHost, type HostOptions } from './host'

const NOW = 1_700_000_000
const clock: Clock = { now: () => NOW * 1000, elapsed: () => 0, after: () => () => {} }
const client = pskClient('secret', 'uid=0')

function host(more: Partial<HostOptions> = {}): { host: RpcHost; refused: string[]; updates: () => number } {
  const refused: string[] = []
  let updates = 0
  const agent: Agent = {
    contract: contracts.package,
    actions: {
      update() {
        updates += 1
        return { ensure: '2.0' }
      },
      install() {
        throw new ActionFailed('no space left', { ensure: '1.0' })
      },
      purge() {
        throw new Error('a bug')
      },
    },
  }
  const made = new RpcHost({
    subject: { identity: 'web1', classes: ['roles::web'], facts: {}, agents: ['package'] },
    collectives: ['mcollective'],
    security: pskServer('secret'),
    agents: new Map([['package', agent]]),
    clock,
    onRefused: (reason) => refused.push(reason),
    ...more,
  })
  return { host: made, refused, updates: () => updates }
}

let requests = 0
function request(action: string, data: Record<string, Plain>, fields: object = {}): Buffer {
  requests += 1
  return client.sealRequest({
    senderid: 'control',
    requestid: requests.toString(16).padStart(32, '0'),
    filter: NO_FILTER,
    collective: 'mcollective',
    agent: 'package',
    ttl: 60,
    msgtime: NOW,
    message: encodeRpcRequest({ agent: 'package', action, caller: 'uid=0', data }),
    ...fields,
  })
}

async function answer(to: RpcHost, bytes: Buffer) {
  const reply = await to.handle(bytes)
  return reply === undefined ? undefined : decodeRpcReply(client.openReply(client.peekReply(reply)).message)
}

describe('a host', () => {
  const app = { package: 'mywebapp' }
  const statuses: [string, string, Record<string, Plain>, number, RegExp][] = [
    ['did it', 'update', app, 0, /OK/],
    ['could not', 'install', app, 1, /no space left/],
    ['knows no such action', 'explode', app, 2, /Unknown action/],
    ['misses an input', 'update', {}, 3, /package is missing/],
    ['was given a bad input', 'update', { package: '$(reboot)' }, 4, /not a package name/],
    ['was given an input that there is not', 'update', { ...app, force: true }, 4, /no input named force/],
    ['has a bug', 'purge', app, 5, /a bug/],
  ]
  for (const [what, action, data, code, message] of statuses) {
    it(`answers ${code} when it ${what}`, async () => {
      const reply = await answer(host().host, request(action, data))
      expect(reply?.statuscode).to.equal(code)
      expect(reply?.statusmsg).to.match(message)
    })
  }

  it('does not carry out what it may not, and says so', async () => {
    const made = host({
      mayRun: async (_request, { action }) => (action === 'update' ? 'not allowed' : undefined),
    })
    const reply = await answer(made.host, request('update', app))
    expect([reply?.statuscode, reply?.statusmsg, made.updates()]).to.deep.equal([1, 'not allowed', 0])
  })

  it('is meant by an expression, and by none that it cannot evaluate', async () => {
    const by = async (...words: Plain[]) =>
      answer(host().host, request('update', app, { filter: { ...NO_FILTER, compound: [words] } }))
    expect(await by({ statement: 'roles::web' })).not.to.equal(undefined)
    expect(await by({ statement: 'roles::db' })).to.equal(undefined)
    expect(await by({ not: 'not' })).to.equal(undefined)
  })

  it('tells an action to end before its time is over, and answers late by then', async () => {
    const timers: { ms: number; callback: () => void }[] = []
    const slow: Clock = {
      ...clock,
      after(ms, callback) {
        timers.push({ ms, callback })
        return () => {}
      },
    }
    let told: Error | undefined
    const agent: Agent = {
      contract: contracts.package,
      actions: {
        update: (_inputs, { signal }) => {
          signal.addEventListener('abort', () => (told = signal.reason as Error))
          return new Promise(() => {})
        },
      },
    }
    const { host: one } = host({ agents: new Map([['package', agent]]), clock: slow })
    const answer = one.handle(request('update', app))
    await new Promise(setImmediate)
    timers[0]?.callback()
    expect(told?.message).to.equal('it took longer than 180 s')
    timers[1]?.callback()
    expect(timers.map(({ ms }) => Math.round(ms))).to.deep.equal([162_000, 18_000])
    const reply = client.openReply(client.peekReply((await answer) ?? Buffer.alloc(0)))
    expect(decodeRpcReply(reply.message)).to.include({
      statuscode: 5,
      statusmsg: 'it took longer than 180 s',
    })
  })

  it('carries a request out once, however often it comes', async () => {
    const { host: one, refused, updates } = host()
    const bytes = request('update', app)
    await one.handle(bytes)
    expect(await one.handle(bytes)).to.equal(undefined)
    expect(updates()).to.equal(1)
    expect(refused[0]).to.match(/came a second time/)
  })

  it('serves changes, and other callers, while one caller floods it; and says so once', async () => {
    const limits = { reads: 1_000, readsOfCaller: 50, changes: 100, changesOfCaller: 2 }
    const { host: one, refused, updates } = host({ replayLimits: limits })
    const ping = { agent: 'discovery', message: 'ping' }
    const pongs: (Buffer | undefined)[] = []
    for (let each = 0; each < 205; each += 1) pongs.push(await one.handle(request('', {}, ping)))
    expect(pongs.filter(Boolean)).to.have.length(50)
    expect(refused).to.deep.equal([
      'the caller uid=0 has sent too many requests within 60 s; more that only look are refused until some of them are older',
    ])
    const status = await answer(one, request('status', app))
    expect(status?.statuscode).to.equal(5)
    expect(status?.statusmsg).to.match(/too many requests of this caller/)
    expect((await answer(one, request('update', app)))?.statuscode).to.equal(0)
    const other = pskClient('secret', 'uid=1')
    const sealed = other.sealRequest({
      senderid: 'control',
      requestid: 'e'.repeat(32),
      filter: NO_FILTER,
      collective: 'mcollective',
      agent: 'discovery',
      ttl: 60,
      msgtime: NOW,
      message: 'ping',
    })
    expect(await one.handle(sealed)).not.to.equal(undefined)
    await answer(one, request('update', app))
    expect((await answer(one, request('update', app)))?.statusmsg).to.match(/not carried this one out/)
    expect(updates()).to.equal(2)
  })

  it('refuses a change that an earlier daemon has carried out', async () => {
    const known = [{ id: 'd'.repeat(32), caller: 'uid=0', until: (NOW + 60) * 1000 }]
    const { host: one, updates } = host({ known })
    expect(await one.handle(request('update', app, { requestid: 'd'.repeat(32) }))).to.equal(undefined)
    expect(updates()).to.equal(0)
  })

  const ignored: [string, object][] = [
    ['is for another collective', { collective: 'other' }],
    ['is for other hosts', { filter: { ...NO_FILTER, identities: ['web2'] } }],
    ['has a filter that cannot be evaluated', { filter: { ...NO_FILTER, classes: ['/[/'] } }],
    ['has a pattern that cannot be used', { filter: { ...NO_FILTER, identities: ['/^(?!web2)/'] } }],
    ['is for an agent that it does not run', { agent: 'puppet' }],
    ['is older than its ttl', { msgtime: NOW - 61 }],
    ['is from the future', { msgtime: NOW + 61 }],
  ]
  for (const [what, fields] of ignored) {
    it(`neither does nor answers what ${what}`, async () => {
      const { host: one, updates } = host()
      expect(await one.handle(request('update', app, fields))).to.equal(undefined)
      expect(updates()).to.equal(0)
    })
  }

  it('neither does nor answers a request whose caller or agent was changed outside of the signature', async () => {
    const { host: one, refused, updates } = host()
    for (const changed of [{ callerid: 'uid=1000' }, { agent: 'service' }]) {
      const captured = marshal.decode(request('update', app)) as RubyHash
      for (const [key] of captured.entries)
        for (const [name, value] of Object.entries(changed))
          if ((key as { name?: string }).name === name) captured.entries.set(key, value)
      expect(await one.handle(marshal.encode(captured))).to.equal(undefined)
    }
    expect(updates()).to.equal(0)
    expect(refused[0]).to.match(/differs from the protected one/)
  })

  it('neither does nor answers a captured request that is sent again under another id, as if it were new', async () => {
    let now = NOW * 1000
    const { host: one, refused, updates } = host({ clock: { ...clock, now: () => now } })
    const captured = request('update', app)
    await one.handle(captured)
    // A replay long after, in time by its own word.
    now += 86_400_000
    const envelope = marshal.decode(captured) as RubyHash
    for (const [key] of envelope.entries) {
      const { name } = key as { name?: string }
      if (name === 'requestid') envelope.entries.set(key, 'c'.repeat(32))
      if (name === 'msgtime') envelope.entries.set(key, NOW + 86_400)
    }
    expect(await one.handle(marshal.encode(envelope))).to.equal(undefined)
    expect(refused).to.deep.equal(['an id, a time or a collective that differs from the protected one'])
    expect(updates()).to.equal(1)
  })

  it('neither does nor answers what was signed with another secret', async () => {
    const { host: one, refused, updates } = host()
    const stranger = pskClient('other', 'uid=0')
    const bytes = stranger.sealRequest({
      senderid: 'control',
      requestid: 'f'.repeat(32),
      filter: NO_FILTER,
      collective: 'mcollective',
      agent: 'package',
      ttl: 60,
      msgtime: NOW,
      message: encodeRpcRequest({ agent: 'package', action: 'update', caller: 'uid=0', data: app }),
    })
    expect(await one.handle(bytes)).to.equal(undefined)
    expect(updates()).to.equal(0)
    expect(refused[0]).to.match(/another secret/)
  })

  it('survives any bytes', async () => {
    const { host: one } = host()
    const whole = request('update', app)
    await fc.assert(
      fc.asyncProperty(fc.nat(whole.length - 1), fc.integer({ min: 0, max: 255 }), async (position, byte) => {
        const bytes = Buffer.from(whole)
        bytes[position] = byte
        await one.handle(bytes)
      }),
      { numRuns: 1_000 },
    )
  })
})
