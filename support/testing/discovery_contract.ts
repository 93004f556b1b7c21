import { expect } from 'chai'
import type { Discovered, EnoughHosts, Fleet, Selection } from '../rollout/ports'
import type { UnexpectedMessage } from '../system/unexpected_messages'
import { settled } from './fake_clock'
import type { Tally, TellWait, Wait } from '../system/wait'

export interface FleetUnderTest {
  fleet: Fleet
  selection: Selection
  /** Two hosts of the selection or more. They answer a discovery when they are told to, as does any other host. */
  hosts: readonly string[]
  /** Lets a host answer the newest discovery. */
  answer(host: string): Promise<void>
  /** Lets a host answer the newest discovery in the name of another. */
  spoof(host: string): Promise<void>
  /** Ends the windows of all discoveries until now. */
  endWindows(): Promise<void>
  /** Closes the fleet, even in the middle of a discovery. */
  close(): Promise<void>
}

const STRANGER = 'stranger'

/** Describes what a rollout relies on when a discovery ends before its window does. */
export function discoveryContract(name: string, make: () => Promise<FleetUnderTest>): void {
  describe(`${name}, discovered`, () => {
    let one: FleetUnderTest
    beforeEach(async () => (one = await make()))
    afterEach(() => one.close())

    const first = () => one.hosts[0] ?? ''
    const others = () => one.hosts.slice(1)

    it('without expected hosts is listened to until the end of the window', async () => {
      const looked = await begin(one)
      for (const host of one.hosts) await one.answer(host)
      expect(looked.ended, 'before the end').to.equal(undefined)
      await one.answer(STRANGER)
      expect(looked.tally()).to.include({ done: one.hosts.length + 1, expected: undefined })
      await one.endWindows()
      expect(looked.ended?.hosts).to.deep.equal([STRANGER, ...one.hosts].sort())
      expect(looked.ended?.window).to.equal(undefined)
      expect(looked.tally()).to.equal('not waited for')
    })

    it('is known as soon as all expected hosts have answered, in any order', async () => {
      const looked = await begin(one, one.hosts)
      for (const host of [...one.hosts].reverse()) {
        expect(looked.ended, 'before the last one').to.equal(undefined)
        await one.answer(host)
      }
      expect(looked.ended?.hosts).to.deep.equal([...one.hosts].sort())
      expect(looked.ended?.window, 'the rest of the window').to.not.equal(undefined)
    })

    it('is listened to until the end of the window for one that is missing', async () => {
      const looked = await begin(one, one.hosts)
      for (const host of others()) await one.answer(host)
      await one.answer(others()[0] ?? '')
      await one.answer(STRANGER)
      expect(looked.ended, 'before the end').to.equal(undefined)
      expect(looked.tally(), 'without strangers').to.deep.equal({
        done: others().length,
        failed: 0,
        expected: one.hosts.length,
        someMissing: [first()],
      })
      await one.endWindows()
      expect(looked.ended?.hosts).to.deep.equal([...others(), STRANGER].sort())
      expect(looked.ended?.window).to.equal(undefined)
      expect(looked.later).to.deep.equal([])
    })

    it('names a stranger who was before the last one that is expected', async () => {
      const looked = await begin(one, one.hosts)
      for (const host of [...others(), STRANGER, first()]) await one.answer(host)
      expect(looked.ended?.hosts).to.deep.equal([...one.hosts, STRANGER].sort())
      expect(looked.later).to.deep.equal([])
    })

    it('tells at once of a stranger who answers within the rest of the window', async () => {
      const looked = await begin(one, one.hosts)
      for (const host of one.hosts) await one.answer(host)
      expect(looked.ended?.hosts).to.deep.equal([...one.hosts].sort())
      await one.answer(STRANGER)
      expect(looked.later).to.deep.equal([STRANGER])
      expect(looked.isWindowOver).to.equal(false)
      await one.endWindows()
      expect(looked.isWindowOver).to.equal(true)
      expect(looked.later).to.deep.equal([STRANGER])
    })

    it('tells at once of a host that answers in the name of another within the rest of the window', async () => {
      const looked = await begin(one, one.hosts)
      for (const host of one.hosts) await one.answer(host)
      await one.spoof(first())
      expect(looked.unexpected.filter(({ fails }) => fails)).to.have.length(1)
      expect(looked.later).to.deep.equal([])
    })

    it('takes no answer in the name of an expected host for its own', async () => {
      const looked = await begin(one, one.hosts)
      for (const host of others()) await one.answer(host)
      await one.spoof(first())
      expect(looked.ended).to.equal(undefined)
      await one.answer(first())
      expect(looked.ended?.unexpected.filter(({ fails }) => fails)).to.have.length(1)
    })

    it('is discovered again while the window is still open, and neither takes the other’s answers', async () => {
      const before = await begin(one, one.hosts)
      for (const host of one.hosts) await one.answer(host)
      const after = await begin(one, one.hosts)
      await one.answer(STRANGER)
      for (const host of one.hosts) await one.answer(host)
      expect([before.later, after.later]).to.deep.equal([[], []])
      expect(after.ended?.hosts).to.include(STRANGER)
      await one.endWindows()
      expect([before.isWindowOver, after.isWindowOver]).to.deep.equal([true, true])
    })

    it('can be let go of while the window is open', async () => {
      const looked = await begin(one, one.hosts)
      for (const host of one.hosts) await one.answer(host)
      await one.close()
      await settled()
      expect(looked.isWindowOver).to.equal(true)
    })
  })
}

interface Looked {
  ended: Discovered | undefined
  /** Returns how far the discovery is by what it tells of its wait. */
  tally: () => Tally | 'not waited for'
  later: string[]
  unexpected: UnexpectedMessage[]
  isWindowOver: boolean
}

/** Begins a discovery, and resolves once it is asked for. */
async function begin({ fleet, selection }: FleetUnderTest, hosts?: readonly string[]): Promise<Looked> {
  const waits = new Set<Wait>()
  const tellWait: TellWait = (wait) => {
    waits.add(wait)
    return () => void waits.delete(wait)
  }
  const tally = () => [...waits].at(-1)?.tally?.() ?? ('not waited for' as const)
  const looked: Looked = { ended: undefined, tally, later: [], unexpected: [], isWindowOver: false }
  const enough: EnoughHosts | undefined = hosts && {
    hosts,
    onLater: (host) => looked.later.push(host),
    onUnexpected: (message) => looked.unexpected.push(message),
  }
  const over = () => (looked.isWindowOver = true)
  void fleet.discover(selection, tellWait, enough).then((found) => {
    looked.ended = found
    void found.window?.then(over, over)
  })
  await settled()
  return looked
}
