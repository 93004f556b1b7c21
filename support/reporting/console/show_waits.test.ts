import { expect } from 'chai'
import { Run } from '../../run/run'
import { FakeClock, settled } from '../../testing/fake_clock'
import { FakeTerminal } from '../../testing/fake_terminal'
import { showWaits, tellWaitsOf, type WaitsPaper } from './show_waits'

describe('the waits of a command beside its output', () => {
  it('are drawn on a terminal, with hosts and times, and gone when the command ends', async () => {
    const [clock, terminal] = [new FakeClock(), new FakeTerminal()]
    const work = deferred()
    const shown = showWaits(paperOf(terminal, clock), async (tellWait) => {
      tellWait(WEB3)
      await work.ended
    })
    await pass(clock, 12_000)
    expect(terminal.text).to.equal('  … 7/8 · 12 s of 20 s · waits for web3')
    work.end()
    await shown
    expect([terminal.text, clock.pending]).to.deep.equal(['', []])
  })

  it('are gone too when the command fails', async () => {
    const [clock, terminal] = [new FakeClock(), new FakeTerminal()]
    const work = deferred()
    const shown = showWaits(paperOf(terminal, clock), async (tellWait) => {
      tellWait(WEB3)
      await work.ended
      throw new Error('no broker')
    })
    await pass(clock, 2_000)
    expect(terminal.text).to.contain('waits for web3')
    work.end()
    expect(await shown.catch(String)).to.equal('Error: no broker')
    expect([terminal.text, clock.pending]).to.deep.equal(['', []])
  })

  it('are a line every ten seconds where nothing can be drawn over, with secrets hidden', async () => {
    const [clock, work] = [new FakeClock(), deferred()]
    let text = ''
    const shown = showWaits(
      {
        ...paperOf({ write: (each: string) => (text += each) }, clock),
        redact: (each) => each.replace('hunter2', '***'),
      },
      async (tellWait) => {
        tellWait({ what: 'the broker hunter2' })
        await work.ended
      },
    )
    await pass(clock, 9_000)
    expect(text).to.equal('')
    await pass(clock, 23_000)
    expect(text).to.equal('  … 10 s · waits for the broker ***\n  … 20 s · waits for the broker ***\n')
    work.end()
    await shown
    expect(clock.pending).to.deep.equal([])
  })

  it('are those of a run that the command has begun', () => {
    const run = new Run(new FakeClock())
    const told: string[] = []
    tellWaitsOf(run.stream, ({ what = '' }) => {
      told.push(`begins ${what}`)
      return () => void told.push(`ends ${what}`)
    })
    const end = run.tellWait({ what: 'the broker' })
    run.tellWait({ what: 'a host' })
    end()
    expect(told).to.deep.equal(['begins the broker', 'begins a host', 'ends the broker'])
  })
})

const WEB3 = {
  withinMs: 20_000,
  tally: () => ({ done: 7, failed: 0, expected: 8, someMissing: ['web3'] }),
}

function paperOf(stream: object, clock: FakeClock): WaitsPaper {
  const open = Object.assign(stream, { on: () => {}, off: () => {} }) as unknown as WaitsPaper['stream']
  return { stream: open, env: {}, clock, redact: (text) => text }
}

function deferred(): { ended: Promise<void>; end: () => void } {
  let end = () => {}
  const ended = new Promise<void>((resolve) => (end = resolve))
  return { ended, end }
}

/** Passes time until the clock shows `until`. */
async function pass(clock: FakeClock, until: number): Promise<void> {
  for (;;) {
    const [next] = clock.pending
    if (next === undefined || clock.now() + next > until) break
    await clock.next()
  }
  await settled()
}
