import { expect } from 'chai'
import { DEFAULTS, NO_VARIABLES, type Environment } from '../config/environment'
import { EmbeddedFleet } from '../simulation/fleet'
import type { OutgoingReply } from '../simulation/simulated_host'
import { discoveryContract, type FleetUnderTest } from '../testing/discovery_contract'
import { systemClock } from '../system/clock'
import { FakeClock, settled } from '../testing/fake_clock'
import { FakeFleet } from '../testing/fake_fleet'
import type { FakeDiscovery } from '../testing/fake_discovery'
import { mcollectiveFleet } from './mcollective_fleet'
import { ownContractOf } from '../rpc/contracts'
import { tellNobody } from '../system/wait'

const SELECTION = { classes: ['roles::web'], facts: [], identities: [], listed: undefined }
const HOSTS = ['web1', 'web2', 'web3']
const WINDOW = 2_000

/** Hosts of an embedded fleet that keep their answers until they are told to send them, on a clock that stands. */
async function embedded(): Promise<FleetUnderTest & { heard: string[] }> {
  const clock = new FakeClock()
  const host = (identity: string) => ({
    identity,
    classes: ['roles::web'],
    facts: {},
    packages: {},
    services: {},
    checks: {},
    without: [],
    fault: undefined,
  })
  const simulated = new EmbeddedFleet({
    fleet: { repository: {}, hosts: [...HOSTS, 'stranger'].map(host), backends: {} },
    collective: 'mcollective',
    secret: 'test',
    clock,
  })
  const kept = new Map<string, () => void>()
  const spoofs = new Map<string, () => void>()
  for (const each of simulated.hosts) {
    const receive = each.receive.bind(each)
    const { identity } = each.description
    each.receive = (bytes, send) =>
      receive(bytes, (reply: OutgoingReply) => {
        kept.set(identity, () => send(reply))
        spoofs.set(identity, () => send({ ...reply, sender: 'another' }))
      })
  }
  const port = await simulated.start()
  const heard: string[] = []
  const reached = mcollectiveFleet(
    environment(port),
    { info: () => {}, warn: () => {}, error: () => {} },
    {
      message: ({ host: from, kind }) => heard.push(`${kind} ${from}`),
      note: () => {},
      tellWait: tellNobody,
    },
    ownContractOf,
    clock,
  )
  // The broker and the client are two ends of a socket: what is sent takes a few turns of the loop.
  const arrived = async () => {
    for (let turns = 0; turns < 5; turns += 1) await settled()
  }
  let isOpen = true
  return {
    fleet: {
      discover: async (...asked) => {
        for (const answers of [kept, spoofs]) answers.clear()
        return reached.discover(...asked)
      },
      call: (...asked) => reached.call(...asked),
    },
    selection: SELECTION,
    hosts: HOSTS,
    heard,
    async answer(name) {
      await until(() => kept.has(name))
      kept.get(name)?.()
      await arrived()
    },
    async spoof(name) {
      await until(() => spoofs.has(name))
      spoofs.get(name)?.()
      await arrived()
    },
    async endWindows() {
      const end = clock.elapsed() + WINDOW
      while (clock.elapsed() + (clock.pending[0] ?? Infinity) <= end) await clock.next()
      await arrived()
    },
    async close() {
      if (!isOpen) return
      isOpen = false
      await reached.close()
      await simulated.stop()
    },
  }
}

describe('two runs of one process', () => {
  it('get each its own answers', async () => {
    const hosts = HOSTS.map((identity) => ({
      identity,
      classes: ['roles::web'],
      facts: {},
      packages: {},
      services: {},
      checks: {},
      without: [],
      fault: undefined,
    }))
    const fleet = { repository: {}, hosts, backends: {} }
    const simulated = new EmbeddedFleet({
      fleet,
      collective: 'mcollective',
      secret: 'test',
      clock: systemClock,
    })
    const port = await simulated.start()
    const heard: string[] = []
    const log = { info: () => {}, warn: () => {}, error: () => {} }
    const [one, other] = [1, 2].map(() =>
      mcollectiveFleet(
        { ...environment(port), discoveryWindow: 200 },
        log,
        {
          message: ({ host, detail }) => heard.push(`${host} ${detail}`),
          note: () => {},
          tellWait: tellNobody,
        },
        ownContractOf,
      ),
    )
    if (one === undefined || other === undefined) throw new Error('there are two')
    try {
      // Both are connected before either of them asks for what is compared.
      for (const each of [one, other]) await each.discover(SELECTION, tellNobody)
      for (const each of [one, other])
        expect((await each.discover(SELECTION, tellNobody)).hosts).to.have.members(HOSTS)
      expect(heard).to.deep.equal([])
    } finally {
      for (const each of [one, other]) await each.close()
      await simulated.stop()
    }
  })
})

function environment(port: number): Environment {
  return {
    ...DEFAULTS,
    name: 'test',
    road: {
      connector: 'activemq',
      brokers: [{ host: '127.0.0.1', port }],
      virtualHost: 'mcollective',
      security: { provider: 'psk', secret: 'test', callerid: 'uid=0' },
      directAddressing: true,
    },
    collective: 'mcollective',
    identity: 'test',
    discoveryWindow: WINDOW,
    heartBeat: 0,
    timeouts: {},
    safeMode: false,
    hostLeases: false,
    notifications: [],
    haproxy: [],
    balancers: [],
    prometheus: undefined,
    inventory: [],
    environments: undefined,
    ...NO_VARIABLES,
    warnings: [],
  }
}

/** A fake fleet whose hosts answer when a test says so. */
async function fake(): Promise<FleetUnderTest> {
  const fleet = new FakeFleet(HOSTS, () => ({ kind: 'answered', data: {} }))
  const begun: FakeDiscovery[] = []
  fleet.onDiscovery = (discovery) => begun.push(discovery)
  const endWindows = async () => {
    for (const discovery of begun) discovery.endWindow()
    await settled()
  }
  return {
    fleet,
    selection: SELECTION,
    hosts: HOSTS,
    async answer(host) {
      begun.at(-1)?.answer(host)
      await settled()
    },
    async spoof(host) {
      begun.at(-1)?.tell({ kind: 'unexpected', host, detail: 'says that it is another', fails: true })
      await settled()
    },
    endWindows,
    close: endWindows,
  }
}

discoveryContract('a fake fleet', fake)
discoveryContract('a fleet behind a broker', embedded)

describe('a fleet behind a broker', () => {
  it('reports a stranger who answers after the window as late, as it does without expected hosts', async () => {
    const one = await embedded()
    const later: string[] = []
    const looked = one.fleet.discover(SELECTION, tellNobody, {
      hosts: HOSTS,
      onLater: (host) => later.push(host),
      onUnexpected: () => {},
    })
    for (const host of HOSTS) await one.answer(host)
    await looked
    await one.endWindows()
    await one.answer('stranger')
    expect([one.heard, later]).to.deep.equal([['late stranger'], []])
    await one.close()
  })

  it('has no timer left once it is closed in an open window', async () => {
    const one = await embedded()
    const looked = one.fleet.discover(SELECTION, tellNobody, {
      hosts: HOSTS,
      onLater: () => {},
      onUnexpected: () => {},
    })
    for (const host of HOSTS) await one.answer(host)
    const { window } = await looked
    await one.close()
    await window
  })
})

async function until(isSo: () => boolean): Promise<void> {
  for (let turns = 0; !isSo(); turns += 1) {
    if (turns > 100_000) throw new Error('it never came to be so')
    await new Promise(setImmediate)
  }
}
