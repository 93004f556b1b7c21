import { expect } from 'chai'
import type { BuildResult } from '../pipeline/events'
import type { RunnerOrder, RunnerReport } from '../pipeline/runner_report'
import { FakeClock, settled } from '../testing/fake_clock'
import { MemoryReportStore } from '../testing/memory_report_store'
import { greenReport } from '../testing/report_store_contract'
import { runOrders } from './run_orders'

const ORDER: RunnerOrder = {
  build: 'b1',
  repository: 'website',
  commit: 'a'.repeat(40),
  ref: 'refs/heads/main',
  url: '/srv/website.git',
  command: ['make'],
  within: 1_000,
}

describe('a runner', () => {
  let clock: FakeClock
  let store: MemoryReportStore
  let end: AbortController
  let done: string[]
  let orders: RunnerOrder[]
  let result: BuildResult
  let isBrokerAway: boolean
  beforeEach(() => {
    clock = new FakeClock()
    store = new MemoryReportStore()
    end = new AbortController()
    done = []
    orders = [ORDER]
    result = 'succeeded'
    isBrokerAway = false
  })

  function run(build?: () => Promise<void>): Promise<void> {
    return runOrders(
      {
        store,
        clock,
        orders: {
          async take(signal) {
            const order = orders.shift()
            if (order === undefined) {
              await new Promise<void>((resolve) => signal.addEventListener('abort', () => resolve()))
              return undefined
            }
            done.push(`took ${order.build}`)
            return {
              order,
              acknowledge: async () => void done.push(`acknowledged ${order.build}`),
              close: async () => void done.push('closed'),
            }
          },
        },
        reports: {
          async publish(report: RunnerReport) {
            if (isBrokerAway) throw new Error('the broker is gone')
            done.push(`published ${report.event} ${report.build}`)
          },
        },
        async build(order) {
          done.push(`built ${order.build}`)
          await build?.()
          const { output } = greenReport(order.build)
          return { result, why: result === 'succeeded' ? null : 'ill', output }
        },
        onTaken: () => {},
        onEnded: () => {},
        onTrouble: (sentence) => void done.push(sentence),
      },
      end.signal,
    )
  }

  async function finish(work: Promise<void>): Promise<void> {
    await settled()
    end.abort()
    await work
  }

  it('takes an order off its queue once a broker has the report of its end, and not before', async () => {
    await finish(run())
    expect(done).to.deep.equal([
      'took b1',
      'published taken b1',
      'built b1',
      'published ended b1',
      'acknowledged b1',
      'closed',
    ])
  })

  it('keeps the order while the broker is gone, and reports the end when it is back', async () => {
    isBrokerAway = true
    const work = run()
    await settled()
    expect(done).not.to.include('acknowledged b1')
    expect(store.unconfirmed).to.have.length(1)
    isBrokerAway = false
    await clock.next()
    await finish(work)
    expect(done.slice(-3)).to.deep.equal(['published ended b1', 'acknowledged b1', 'closed'])
    expect(store.unconfirmed).to.deep.equal([])
  })

  it('gives an order back that is under way when it ends', async () => {
    const work = run(async () => {
      end.abort()
    })
    await work
    expect(done).to.deep.equal(['took b1', 'published taken b1', 'built b1', 'closed'])
    expect(store.find('b1')).to.equal(undefined)
  })

  it('does not build again what it has ended, and reports it once more', async () => {
    store.add(greenReport('b1'))
    store.confirm('b1')
    await finish(run())
    expect(done).to.deep.equal(['took b1', 'published ended b1', 'acknowledged b1', 'closed'])
  })

  it('reports first what it had ended before it was killed', async () => {
    store.add(greenReport('b0'))
    await finish(run())
    expect(done.slice(0, 2)).to.deep.equal(['published ended b0', 'took b1'])
  })

  it('rests after a fault of its machine, so that it does not take all orders to fail at them', async () => {
    result = 'interrupted'
    orders = [ORDER, { ...ORDER, build: 'b2' }, { ...ORDER, build: 'b3' }]
    const work = run()
    await settled()
    expect(clock.pending).to.deep.equal([5_000])
    await clock.next()
    expect(clock.pending).to.deep.equal([10_000])
    result = 'succeeded'
    await clock.next()
    await finish(work)
    expect(done.filter((what) => what.startsWith('built'))).to.have.length(3)
  })
})
