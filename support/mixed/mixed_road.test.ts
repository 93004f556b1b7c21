import { randomBytes } from 'node:crypto'
import { expect } from 'chai'
import fc from 'fast-check'
import { NO_FILTER } from '../protocol/filter'
import { RubyHash, symbol } from '../protocol/marshal/values'
import { RpcClient } from '../rpc/client/client'
import type { UnexpectedReply } from '../rpc/client/result'
import { LockstepError } from '../system/errors'
import { FakeClock, settled } from '../testing/fake_clock'
import { FakeRoad } from '../testing/fake_road'
import { mixedRoad } from './mixed_road'

const WINDOW = 2_000
const WITHIN = 10_000
const signal = new AbortController().signal

function mixed(roads: readonly FakeRoad[], written: Readonly<Record<string, string>> = {}) {
  const clock = new FakeClock()
  const road = mixedRoad(
    roads.map(({ member }) => member),
    { clock, findWithinMs: WINDOW, writtenRoads: async () => new Map(Object.entries(written)) },
  )
  const told: UnexpectedReply[] = []
  const connection: string[] = []
  const client = new RpcClient({
    ...road,
    identity: 'control',
    collective: 'mcollective',
    ttl: 60,
    clock,
    contractOf: () => undefined,
    newRequestId: () => randomBytes(16).toString('hex'),
    onUnexpected: (message) => told.push(message),
    onConnection: (event) => connection.push(event === 'restored' ? event : event.lost.message),
  })
  /** Lets time pass until there is nothing to be waited for. */
  const over = async <T>(work: Promise<T>): Promise<T> => {
    const state = { isOver: false }
    const end = () => (state.isOver = true)
    work.then(end, end)
    await settled()
    while (!state.isOver && clock.pending.length > 0) await clock.next()
    return work
  }
  const discover = async (hosts?: readonly string[]) =>
    over(
      client.discover({
        filter: NO_FILTER,
        within: WINDOW,
        signal,
        ...(hosts === undefined ? {} : { hosts }),
      }),
    )
  const begin = (hosts: readonly string[]) =>
    client.call({ agent: 'package', action: 'status', inputs: {}, hosts, within: WITHIN, signal })
  const call = async (hosts: readonly string[]) => over(begin(hosts))
  const open = () => road.connector.open(signal)
  return { ...road, clock, client, told, connection, open, discover, begin, call, over }
}

const kinds = ({ outcomes }: { outcomes: ReadonlyMap<string, { kind: string }> }) =>
  Object.fromEntries([...outcomes].map(([host, { kind }]) => [host, kind]))

describe('several roads as one', () => {
  it('discover the hosts of all, and ask each by its own road alone', async () => {
    const [brokers, dmz] = [new FakeRoad('brokers', ['web1', 'web2']), new FakeRoad('dmz', ['db1'])]
    const fleet = mixed([brokers, dmz])
    await fleet.open()
    expect((await fleet.discover()).hosts).to.deep.equal(['db1', 'web1', 'web2'])
    expect(kinds(await fleet.call(['web1', 'web2', 'db1']))).to.deep.equal({
      web1: 'answered',
      web2: 'answered',
      db1: 'answered',
    })
    expect([brokers.asked, dmz.asked]).to.deep.equal([['web1', 'web2'], ['db1']])
    expect(fleet.told).to.deep.equal([])
  })

  it('are asked in the name, collective and caller of each road', async () => {
    const [brokers, dmz] = [new FakeRoad('brokers', ['web1']), new FakeRoad('dmz', ['db1'])]
    const fleet = mixed([brokers, dmz])
    await fleet.discover()
    await fleet.call(['web1', 'db1'])
    for (const { name, sent } of [brokers, dmz])
      for (const { callerid, senderid, collective, message } of sent) {
        expect({ callerid, senderid, collective }).to.deep.equal({
          callerid: `uid=${name}`,
          senderid: `control.${name}`,
          collective: `of_${name}`,
        })
        if (message instanceof RubyHash) expect(message.entries.get(symbol('caller'))).to.equal(`uid=${name}`)
      }
  })

  it('decide each by itself whether one message to all is cheaper', async () => {
    const hosts = Array.from({ length: 200 }, (_, index) => `web${index + 1}`)
    const [indexed, scanned] = [new FakeRoad('indexed', hosts), new FakeRoad('scanned', ['a', 'b'], Infinity)]
    const fleet = mixed([indexed, scanned])
    await fleet.discover()
    await fleet.call([...hosts, 'a', 'b'])
    expect(indexed.sent.at(-1)?.hosts).to.have.length(200)
    expect(scanned.sent.at(-1)).to.deep.include({ hosts: undefined })
    expect(scanned.sent.at(-1)?.filter).to.deep.include({ identities: ['a', 'b'], agents: ['package'] })
  })

  it('refuse a host that answers by two, by name, and send nothing more to it', async () => {
    const [brokers, dmz] = [new FakeRoad('brokers', ['web1', 'web2']), new FakeRoad('dmz', ['WEB1', 'db1'])]
    const fleet = mixed([brokers, dmz])
    const { unexpected } = await fleet.discover()
    expect(unexpected).to.have.length(1)
    expect(unexpected[0]).to.include({ kind: 'foreign', host: 'WEB1', fails: true })
    expect(unexpected[0]?.detail).to.contain('answers by the roads brokers and dmz')
    expect(kinds(await fleet.call(['web1', 'db1']))).to.deep.equal({ web1: 'silent', db1: 'answered' })
    expect([brokers.asked, dmz.asked]).to.deep.equal([[], ['db1']])
  })

  it('go by the inventory, where it names the road of a host', async () => {
    const [brokers, dmz] = [new FakeRoad('brokers', ['web1']), new FakeRoad('dmz', ['web1'])]
    const fleet = mixed([brokers, dmz], { web1: 'dmz' })
    await fleet.open()
    const { hosts, unexpected } = await fleet.discover()
    expect(hosts).to.deep.equal(['web1'])
    expect(unexpected).to.deep.equal([
      {
        kind: 'foreign',
        host: 'web1',
        detail:
          'is on the road dmz by the inventory, and answers by the road brokers too; it is asked by dmz alone',
        fails: false,
      },
    ])
    expect(kinds(await fleet.call(['web1']))).to.deep.equal({ web1: 'answered' })
    expect([brokers.asked, dmz.asked]).to.deep.equal([[], ['web1']])
    const called = fleet.begin(['web1'])
    await settled()
    brokers.answer('web1', { to: dmz.sent.at(-1) })
    const { unexpected: forged } = await fleet.over(called)
    expect(forged.length === 0 ? fleet.told : forged).to.have.nested.property('[0].fails', true)
  })

  it('take an answer in the name of a host of another road for none: the host stays silent', async () => {
    const [brokers, dmz] = [new FakeRoad('brokers', ['web1']), new FakeRoad('dmz', ['db1'])]
    const fleet = mixed([brokers, dmz])
    await fleet.discover()
    brokers.answering.clear()
    const called = fleet.begin(['web1', 'db1'])
    await settled()
    dmz.answer('web1')
    dmz.answer('web1', { signedBy: 'brokers' })
    dmz.deliver({ body: Buffer.from('garbage'), sender: 'web1' })
    dmz.deliver({ body: Buffer.alloc(0), sender: 'web1', dropped: 99 * 1024 * 1024 })
    const result = await fleet.over(called)
    expect(kinds(result)).to.deep.equal({ web1: 'silent', db1: 'answered' })
    expect(result.unexpected.every(({ fails }) => fails)).to.equal(true)
    expect(result.unexpected.map(({ host }) => host)).to.have.members(['web1', 'web1 by the road dmz'])
  })

  it('find hosts that were never discovered before anything is sent to them', async () => {
    const [brokers, dmz] = [new FakeRoad('brokers', ['web1', 'both']), new FakeRoad('dmz', ['db1', 'both'])]
    const fleet = mixed([brokers, dmz])
    const result = await fleet.call(['web1', 'db1', 'both', 'gone'])
    expect(kinds(result)).to.deep.equal({ web1: 'answered', db1: 'answered', both: 'silent', gone: 'silent' })
    expect([brokers.asked, dmz.asked]).to.deep.equal([['web1'], ['db1']])
    expect([...fleet.told, ...result.unexpected].map(({ host, fails }) => [host, fails])).to.deep.equal([
      ['both', true],
    ])
  })

  it('wait for a second road also where a ping of others has found the host by a first one', async () => {
    const [brokers, dmz] = [new FakeRoad('brokers', ['web1']), new FakeRoad('dmz')]
    const fleet = mixed([brokers, dmz])
    expect((await fleet.discover(['web1'])).hosts).to.deep.equal(['web1'])
    const called = fleet.begin(['web1'])
    await settled()
    expect(brokers.asked).to.deep.equal([])
    dmz.answer('web1')
    expect(kinds(await fleet.over(called))).to.deep.equal({ web1: 'silent' })
    expect(brokers.asked).to.deep.equal([])
    expect(fleet.told).to.have.nested.property('[0].fails', true)
  })

  it('ask nobody of a step while the road of one of its hosts is lost', async () => {
    const [brokers, dmz] = [new FakeRoad('brokers', ['web1']), new FakeRoad('dmz', ['db1'])]
    const fleet = mixed([brokers, dmz])
    await fleet.discover()
    dmz.lose()
    const called = fleet.begin(['web1', 'db1'])
    await settled()
    expect([brokers.asked, dmz.asked]).to.deep.equal([[], []])
    expect(kinds(await fleet.call(['web1'])), 'hosts of the other road').to.deep.equal({ web1: 'answered' })
    dmz.restore()
    expect(kinds(await fleet.over(called))).to.deep.equal({ web1: 'answered', db1: 'answered' })
    expect(fleet.connection).to.deep.equal(['the road dmz: the connection was lost', 'restored'])
  })

  it('are back once all are', async () => {
    const [brokers, dmz] = [new FakeRoad('brokers'), new FakeRoad('dmz')]
    const { connection } = mixed([brokers, dmz])
    brokers.lose()
    dmz.lose()
    brokers.restore()
    expect(connection).to.have.length(2)
    dmz.restore()
    expect(connection.at(-1)).to.equal('restored')
  })

  it('give up a request whose road does not come back in time, and have sent it to nobody', async () => {
    const [brokers, dmz] = [new FakeRoad('brokers', ['web1']), new FakeRoad('dmz', ['db1'])]
    const fleet = mixed([brokers, dmz])
    await fleet.discover()
    dmz.lose()
    expect(kinds(await fleet.call(['web1', 'db1']))).to.deep.equal({ web1: 'silent', db1: 'silent' })
    expect([brokers.asked, dmz.asked]).to.deep.equal([[], []])
  })

  it('open together or not at all, and name the one that cannot be opened', async () => {
    const [brokers, dmz] = [new FakeRoad('brokers'), new FakeRoad('dmz')]
    dmz.fault = new LockstepError('broker-unreachable', 'no broker can be reached')
    const error = await mixed([brokers, dmz])
      .open()
      .catch((reason: unknown) => reason)
    expect(error).to.include({
      code: 'broker-unreachable',
      message: 'the road dmz: no broker can be reached',
    })
    expect(brokers.isOpen).to.equal(false)
  })

  it('send nothing that may change a host to hosts without a name', async () => {
    const { connector, security } = mixed([new FakeRoad('brokers')])
    const request = {
      senderid: 'x',
      requestid: 'a'.repeat(32),
      filter: NO_FILTER,
      collective: 'c',
      agent: 'package',
      ttl: 60,
      msgtime: 0,
      message: null,
    }
    const body = security.sealRequest(request)
    const error = await connector
      .broadcast({ collective: 'c', agent: 'package' }, { body, ttl: 60 }, signal)
      .catch((reason: unknown) => reason)
    expect(error).to.be.instanceOf(Error)
  })

  it('never count an answer by another road than that of the host, whatever comes by which', async () => {
    const hosts = { brokers: ['web1', 'web2'], dmz: ['db1', 'db2'] }
    const all = [...hosts.brokers, ...hosts.dmz]
    const forged = fc.record({
      road: fc.constantFrom('brokers', 'dmz'),
      host: fc.constantFrom(...all),
      signedBy: fc.constantFrom('brokers', 'dmz', 'another'),
      isSenderRight: fc.boolean(),
      isPong: fc.boolean(),
    })
    await fc.assert(
      fc.asyncProperty(fc.array(forged, { maxLength: 12 }), fc.boolean(), async (messages, isWritten) => {
        const roads = { brokers: new FakeRoad('brokers', hosts.brokers), dmz: new FakeRoad('dmz', hosts.dmz) }
        const written = isWritten ? { web1: 'brokers', web2: 'brokers', db1: 'dmz', db2: 'dmz' } : {}
        const fleet = mixed([roads.brokers, roads.dmz], written)
        await fleet.open()
        await fleet.discover()
        for (const { answering } of Object.values(roads)) answering.clear()
        const called = fleet.begin(all)
        await settled()
        const may = new Set<string>()
        for (const { road, host, signedBy, isSenderRight, isPong } of messages) {
          const [ping, request] = [roads[road as 'dmz'].sent[0], roads[road as 'dmz'].sent.at(-1)]
          const sender = isSenderRight ? host : 'another'
          roads[road as 'dmz'].answer(host, { to: isPong ? ping : request, signedBy, sender })
          const isOwn = hosts[road as 'dmz'].includes(host)
          if (isOwn && !isPong && isSenderRight && signedBy === road) may.add(host)
        }
        const { outcomes } = await fleet.over(called)
        for (const [host, { kind }] of outcomes) if (kind === 'answered') expect([...may]).to.include(host)
      }),
      { numRuns: 60 },
    )
  })
})
