import { expect } from 'chai'
import { hostFirewall } from '../../balancers/firewall'
import { Ledger } from '../../rollout/model/ledger'
import { findLeftHosts } from '../../rollout/model/out_of_rotation'
import type { Fleet } from '../../rollout/ports'
import type { Conclusion, JournalEntry } from '../../rollout/model/journal_entry'
import { hasPassed } from '../../rollout/model/verdict'
import { Rollout } from '../../rollout/rollout'
import { NO_FILTER } from '../../protocol/filter'
import { systemClock } from '../../system/clock'
import { ALONE } from '../../testing/fake_fleet'
import { testFleet, type TestFleet } from '../../testing/embedded'
import { callOf } from '../../testing/call'
import { redactNothing } from '../../system/redaction'
import { tellNobody } from '../../system/wait'

const signal = new AbortController().signal
const HOSTS = ['web1', 'web2', 'web3']
/** An error in place of the process being killed: nothing after it happens. */
class Killed extends Error {}

/** Runs the seed's verbs until the journal kills the process; hosts go on with what they were sent. */
async function rollOut(
  { client }: TestFleet,
  append: (entry: JournalEntry | Conclusion) => Promise<void>,
): Promise<boolean> {
  const fleet: Fleet = {
    discover: () => client.discover({ filter: NO_FILTER, hosts: HOSTS, within: 2_000, signal }),
    call: ({ agent, action, inputs }, hosts, watch) =>
      client.call({ agent, action, inputs, hosts, within: 5_000, signal, ...watch }),
  }
  const rollout = new Rollout({
    fleet,
    inventory: undefined,
    journal: { append },
    audience: {
      tellWait: tellNobody,
      note: () => {},
    },
    ...ALONE,
    newId: () => 'a'.repeat(32),
    newSeed: () => 1,
    checkpoint: undefined,
    redact: redactNothing,
    clock: systemClock,
    balancers: { at: hostFirewall, backend: hostFirewall },
    ledger: new Ledger({ append }, []),
    lookEvery: 10,
    stopping: signal,
  })
  try {
    rollout.hosts.withClass('roles::web')
    rollout.traffic.throughBalancerAt('192.168.1.1')
    await rollout.hosts.discover()
    await rollout.traffic.block()
    await rollout.traffic.shouldBe('blocked')
    await rollout.packages.update('mywebapp')
    await rollout.packages.versionShouldBe('mywebapp', '2.0')
    await rollout.traffic.unblock()
    await rollout.traffic.shouldBe('unblocked')
    return true
  } catch (error) {
    if (error instanceof Killed) return false
    throw error
  }
}

describe('a rollout that is killed at any entry of its journal', () => {
  it('has done nothing that the journal does not know, holds no host that it does not name, and can be run again @long', async () => {
    let finished = false
    let points = 0
    for (let killAt = 0; !finished; killAt += 1) {
      for (const written of [false, true]) {
        const fleet = await testFleet(HOSTS.length)
        const journal: JournalEntry[] = []
        let turn = 0
        finished = await rollOut(fleet, async (entry) => {
          const last = turn === killAt
          turn += 1
          if (last && !written) throw new Killed()
          if (entry.type !== 'verdict' && entry.type !== 'undone') journal.push(entry)
          if (last) throw new Killed()
        })
        points += finished ? 0 : 1
        // Requests that were on their way when the process died still arrive.
        await fleet.client.discover({ filter: NO_FILTER, hosts: HOSTS, within: 2_000, signal })
        const asked = journal.flatMap((entry) =>
          entry.type === 'asked' ? [`${entry.agent} ${entry.action}`] : [],
        )
        const passed = findLeftHosts([
          { run: '1', entries: journal.map((entry) => ({ ...entry, at: '' })) },
        ]).map(({ host }) => host)
        for (const host of fleet.fleet.hosts) {
          for (const [action, times] of host.performed) {
            const known = asked.filter((each) => each === action).length
            expect(times, `${action} at entry ${killAt}`).to.be.at.most(known)
          }
          const blocked = (
            await host.agents
              .get('iptables')
              ?.actions['isblocked']?.({ ipaddr: '192.168.1.1' }, callOf('isblocked'))
          )?.['blocked']
          if (blocked === true) expect(passed, `entry ${killAt}`).to.include(host.description.identity)
        }
        const again: (JournalEntry | Conclusion)[] = []
        expect(await rollOut(fleet, async (entry) => void again.push(entry))).to.equal(true)
        const verdicts = again.flatMap((entry) =>
          entry.type === 'verdict' ? [hasPassed(entry.verdict)] : [],
        )
        expect(verdicts).to.deep.equal(Array(7).fill(true))
        await fleet.stop()
      }
    }
    expect(points).to.be.at.least(40)
  })
})
