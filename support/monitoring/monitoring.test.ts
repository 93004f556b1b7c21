import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { expect } from 'chai'
import fc from 'fast-check'
import type { Host } from '../inventory/host'
import { symbolHash, type RubyValue } from '../protocol/marshal/values'
import { pskClient, pskServer } from '../protocol/security/psk'
import { LockstepError } from '../system/errors'
import { Scratch } from '../testing/scratch'
import { judgeRemoval } from './judge_removal'
import { keepInStep, type KeepOptions } from './keep_in_step'
import { readRegistration } from './registration_message'
import { Registrations } from './registrations'
import { MonitoringFault, type MonitoredHost, type MonitoringTarget } from './systems/target'
import { tellLook } from './tell_look'

const { signal } = new AbortController()
const NOW = { noop: false, confirmed: undefined }
const host = (name: string, facts: Record<string, string> = {}): Host => ({
  name,
  environment: undefined,
  classes: ['web'],
  facts,
  from: 'hosts.csv:2',
})
const hosts = (n: number) => Array.from({ length: n }, (_, index) => host(`web${index + 1}`))

class MemoryTarget implements MonitoringTarget {
  readonly takesChecks = true
  there: readonly MonitoredHost[] = []
  fault: string | undefined
  forgets = false

  constructor(readonly name: string) {}

  async list() {
    if (this.fault !== undefined) throw new MonitoringFault(this.fault)
    return this.there
  }

  async apply(wanted: readonly MonitoredHost[]) {
    if (!this.forgets) this.there = wanted
    return []
  }
}

describe('Monitoring that is kept in step', () => {
  let one: MemoryTarget
  let other: MemoryTarget
  let inventory: readonly Host[]
  beforeEach(() => {
    ;[one, other, inventory] = [new MemoryTarget('One'), new MemoryTarget('Other'), hosts(4)]
  })
  const look = (
    more: Partial<KeepOptions> = {},
    options = NOW as { noop: boolean; confirmed: number | undefined },
  ) =>
    keepInStep(
      {
        targets: [one, other],
        maxRemoved: 20,
        addressFact: undefined,
        checksOf: () => undefined,
        readHosts: async () => inventory,
        ...more,
      },
      options,
      signal,
    )
  const sentences = async (...args: Parameters<typeof look>) =>
    tellLook(await look(...args), []).map(({ sentence }) => sentence)
  const names = ({ there }: MemoryTarget) => there.map(({ name }) => name)

  it('has the hosts of the inventory in every system, and says what is new', async () => {
    expect(await sentences()).to.deep.equal([
      'One: 4 hosts added: web[1-4]',
      'Other: 4 hosts added: web[1-4]',
    ])
    expect(await sentences()).to.deep.equal([])
    expect(names(other)).to.deep.equal(['web1', 'web2', 'web3', 'web4'])
  })

  it('goes on with the others where one cannot be read', async () => {
    one.fault = 'One: nobody listens there'
    expect(await sentences()).to.deep.equal(['One: nobody listens there', 'Other: 4 hosts added: web[1-4]'])
  })

  it('does not believe a system that shows something else than it has taken', async () => {
    one.forgets = true
    expect((await sentences())[0]).to.equal(
      'One: it has taken all changes, and shows web1 otherwise; it is tried again',
    )
  })

  it('changes nothing where the inventory cannot be read, or lists no host', async () => {
    await look()
    const unread = () => {
      throw new LockstepError('bad-config', 'hosts.csv is empty')
    }
    expect(await sentences({ readHosts: unread })).to.deep.equal([
      'monitoring: nothing was changed: hosts.csv is empty',
    ])
    inventory = []
    expect(await sentences()).to.deep.equal([
      'monitoring: nothing was changed: the inventory lists no host of this environment',
    ])
    expect(names(one)).to.have.length(4)
  })

  it('removes many hosts only for a person who says how many, and none in noop', async () => {
    await look()
    inventory = hosts(2)
    expect((await sentences())[0]).to.match(
      /^One: 2 hosts of 4 would be removed \(web\[3-4\]\), more than 20 %, so nothing was changed; .*--removed 2$/,
    )
    expect((await sentences({}, { noop: false, confirmed: 3 }))[0]).to.include('3 were confirmed')
    await look({}, { noop: true, confirmed: 2 })
    expect(names(one)).to.have.length(4)
    await look({}, { noop: false, confirmed: 2 })
    expect(names(one)).to.deep.equal(['web1', 'web2'])
  })

  it('keeps the checks of a host that has told none yet, and takes those that it tells', async () => {
    await look({ checksOf: () => ['check_disk'] })
    await look()
    expect(one.there[0]?.checks).to.deep.equal(['check_disk'])
    await look({ checksOf: () => [] })
    expect(one.there[0]?.checks).to.deep.equal([])
  })

  it('takes the address from a fact, and says of a host whose texts may not be written; such a one stays as it was', async () => {
    await look()
    inventory = [
      host('web1', { ip: '192.0.2.1' }),
      host('web2', { ip: 'a;b' }),
      host('web3'),
      host('web4', { ip: '::1' }),
    ]
    const told = await sentences({ addressFact: 'ip', targets: [one] })
    expect(told).to.deep.equal([
      'One: web2 is not told: its address is none; expected an IP address or the name of a host',
      'One: web3 is not told: the inventory has no fact ip of it',
      'One: 2 hosts changed: web[1,4]',
    ])
    expect(one.there.map(({ address }) => address)).to.deep.equal(['192.0.2.1', 'web2', 'web3', '::1'])
  })

  it('never removes more than the share, or all, by itself', () => {
    fc.assert(
      fc.property(fc.nat(200), fc.nat(200), fc.nat(100), (gone, stay, maxRemoved) => {
        const removed = Array.from({ length: gone }, (_, n) => `h${n}`)
        const there = gone + stay
        const why = judgeRemoval('One', removed, there, { maxRemoved, confirmed: undefined })
        const mayGo =
          gone <= 1 ? gone < there || there <= 1 : gone * 100 <= there * maxRemoved && gone < there
        expect(why === undefined).to.equal(mayGo)
        expect(judgeRemoval('One', removed, there, { maxRemoved, confirmed: gone })).to.equal(undefined)
      }),
    )
  })
})

describe('The registration of a host, on the control host', () => {
  const seal = (
    message: RubyValue,
    more: { secret?: string; sender?: string; agent?: string; at?: number } = {},
  ) =>
    pskClient(more.secret ?? 's', 'uid=0').sealRequest({
      senderid: more.sender ?? 'web1',
      requestid: 'a'.repeat(32),
      filter: { facts: [], classes: [], agents: ['registration'], identities: [], compound: [] },
      collective: 'mcollective',
      agent: more.agent ?? 'registration',
      ttl: 60,
      msgtime: more.at ?? 1_000,
      message,
    })
  const read = (bytes: Buffer) =>
    readRegistration(bytes, { security: pskServer('s'), collective: 'mcollective', nowS: 1_000 })

  it('tells the checks of a host, or none where it is a list of agents', () => {
    expect(read(seal(['nrpe']))).to.deep.equal({ name: 'web1', checks: undefined })
    expect(read(seal(symbolHash({ agentlist: ['nrpe'], checks: ['b', 'a', 'a'] })))).to.deep.equal({
      name: 'web1',
      checks: ['a', 'b'],
    })
  })

  it('is refused with another secret, too late, for another agent, and with names that are none', () => {
    expect(() => read(seal([], { secret: 'x' }))).to.throw(/another secret/)
    expect(() => read(seal([], { at: 900 }))).to.throw(/sent 100 s ago/)
    expect(() => read(seal([], { agent: 'nrpe' }))).to.throw(/no registration/)
    expect(() => read(seal([], { sender: 'web1;x' }))).to.throw(/no host name/)
    expect(() => read(seal(symbolHash({ checks: ['a!b'] })))).to.throw(/no names for monitoring/)
  })

  it('is kept over restarts, and one of no inventory is forgotten after an hour', () => {
    const scratch = new Scratch()
    const path = join(scratch.path, 'state', 'production.json')
    try {
      const first = new Registrations(path)
      expect(first.take({ name: 'Web1', checks: ['a'] }, 1_000)).to.equal(true)
      expect(first.take({ name: 'web1', checks: undefined }, 2_000)).to.equal(false)
      expect(first.take({ name: 'stray', checks: undefined }, 2_000)).to.equal(true)
      first.save()
      const second = new Registrations(path)
      expect(second.checksOf('WEB1')).to.deep.equal(['a'])
      expect(second.notIn(new Set(['web1']), 3_000)).to.deep.equal(['stray'])
      expect(second.notIn(new Set(['web1']), 4_000_000)).to.deep.equal([])
      scratch.write('state/production.json', '{')
      expect(new Registrations(path).fault).to.match(/cannot be read .*hosts keep the checks/)
      expect(existsSync(path)).to.equal(true)
    } finally {
      scratch.remove()
    }
  })
})
