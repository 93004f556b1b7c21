import { expect } from 'chai'
import { FakeClock } from '../../testing/fake_clock'
import { FakeTerminal } from '../../testing/fake_terminal'
import { LiveRows } from './live_rows'
import { WaitingLine } from './waiting_line'

const WEB3 = {
  withinMs: 20_000,
  tally: () => ({ done: 7, failed: 0, expected: 8, someMissing: ['web3'] }),
}

describe('a line that waits', () => {
  const clock = () => new FakeClock()

  it('is drawn at once on a terminal, and says after a moment who is missing', async () => {
    const [time, terminal] = [clock(), new FakeTerminal()]
    const line = new WaitingLine(live(terminal), time)
    line.start()
    line.beginLine('    … When I wait', 'When I wait')
    const end = line.tellWait(WEB3)
    expect(terminal.text).to.equal('    … When I wait')
    await pass(time, 600)
    expect(terminal.text).to.equal('    … When I wait\n        7/8 · 0 s of 20 s · waits for web3')
    await pass(time, 12_000)
    expect(terminal.text).to.contain('7/8 · 12 s of 20 s · waits for web3')
    end()
    line.stop()
    expect([terminal.text, time.pending]).to.deep.equal(['', []])
  })

  it('is drawn ten times a second at most, and only where it says something new', async () => {
    const [time, terminal] = [clock(), new FakeTerminal()]
    const line = new WaitingLine(live(terminal), time)
    line.start()
    line.beginLine('… ', '')
    let done = 0
    line.beginWait({ tally: () => ({ done: (done += 1), failed: 0, expected: 100_000, someMissing: [] }) })
    await pass(time, 10_000)
    expect(terminal.writes).to.be.within(10, 101)
    line.endWait(WEB3)
    line.stop()
  })

  it('says every ten seconds elsewhere what it waits for, without control characters', async () => {
    const [time, said] = [clock(), [] as string[]]
    const line = new WaitingLine(plain(said), time)
    line.start()
    line.beginLine('    … When I wait', 'When I wait')
    line.beginWait(WEB3)
    await pass(time, 9_000)
    expect(said).to.deep.equal([])
    await pass(time, 12_000)
    expect(said).to.deep.equal([
      '    … When I wait: 7/8 · 10 s of 20 s · waits for web3',
      '    … When I wait: 7/8 · 20 s of 20 s · waits for web3',
    ])
    line.endWait(WEB3)
    line.endLine()
    await pass(time, 60_000)
    expect(said).to.have.length(2)
    line.stop()
  })

  it('fits 80 columns where it stays, however long the name of what it waits for is', async () => {
    const [time, said] = [clock(), [] as string[]]
    const line = new WaitingLine(plain(said), time)
    line.start()
    line.beginWait({ what: `the rehearsal of ${'x'.repeat(80)}` })
    await pass(time, 12_000)
    expect(said).to.deep.equal([`  … 10 s · waits for the rehearsal of ${'x'.repeat(41)}…`])
  })

  it('rather cuts the words of its step than what it waits for', async () => {
    const [time, said] = [clock(), [] as string[]]
    const line = new WaitingLine(plain(said), time)
    line.start()
    line.beginLine('', 'Then the package version for mywebapp should be 4.2.6-3.el5')
    line.beginWait(WEB3)
    await pass(time, 12_000)
    expect(said).to.deep.equal([
      '    … Then the package version for mywebap…: 7/8 · 10 s of 20 s · waits for web3',
    ])
  })

  it('says within a second that it waits, also for what tells nothing', async () => {
    const [time, terminal] = [clock(), new FakeTerminal()]
    const line = new WaitingLine(live(terminal), time, 'the next line')
    line.start()
    await pass(time, 1_000)
    expect(terminal.text).to.equal('  … 1 s · waits for the next line')
    line.beginLine('    … When I wait', 'When I wait')
    await pass(time, 1_000)
    expect(terminal.text).to.equal("    … When I wait\n        1 s · waits for the step's own code")
    line.stop()
  })
})

function live(terminal: FakeTerminal) {
  const rows = new LiveRows({ write: terminal.write, columns: () => terminal.columns })
  return { ...plain([]), draw: (each: readonly string[]) => rows.draw(each) }
}

function plain(said: string[]) {
  return { line: (text: string) => void said.push(text), dim: (text: string) => text }
}

/** Lets time pass, with all that is due in it. */
async function pass(clock: FakeClock, ms: number): Promise<void> {
  const until = clock.elapsed() + ms
  while ((clock.pending[0] ?? Infinity) <= until - clock.elapsed()) await clock.next()
}
