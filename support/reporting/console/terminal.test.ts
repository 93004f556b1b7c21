import { expect } from 'chai'
import fc from 'fast-check'
import { createColors } from 'picocolors'
import { RunState } from '../../run/run_state'
import { carriedOut, eventsOf, randomRun } from '../../testing/random_run'
import { begunRun } from '../../testing/told_run'
import { FakeClock } from '../../testing/fake_clock'
import { LineWriter } from './line_writer'
import { WaitingLine } from './waiting_line'
import type { Clock } from '../../system/clock'
import type { Wait } from '../../system/wait'
import { FakeTerminal } from '../../testing/fake_terminal'
import { Screen, showOn, type RunPaper } from './terminal'

describe('the screen of a run', () => {
  it('shows what the run recorded, and nothing else', async () => {
    await fc.assert(
      fc.asyncProperty(randomRun, async (given) => {
        let shown = ''
        const write = (text: string) => void (shown += text)
        const { lines } = await carriedOut(given, (run) =>
          showOn({ stream: paper, write, env: {}, clock }, run),
        )
        const again = { text: '' }
        const state = new RunState()
        const writer = new LineWriter(
          (text) => void (again.text += text),
          () => 80,
        )
        const screen = new Screen({ state }, writer, createColors(false), new WaitingLine(sheet, clock))
        for (const event of eventsOf(lines)) {
          state.apply(event)
          screen.hear(event)
        }
        expect(again.text).to.equal(shown)
      }),
      { numRuns: 100 },
    )
  })

  it('keeps what it would keep if nothing had been waited for', async () => {
    const act = fc.oneof(
      fc.record({ hosts: fc.integer({ min: 1, max: 9 }) }),
      fc.record({ ms: fc.integer({ min: 1, max: 2_000 }) }),
      fc.record({ columns: fc.integer({ min: 100, max: 200 }) }),
      fc.constant({ ends: true }),
    )
    let drawn = 0
    await fc.assert(
      fc.asyncProperty(randomRun, fc.array(act, { minLength: 1, maxLength: 20 }), async (given, acts) => {
        const without = new FakeTerminal(100)
        await carriedOut(given, (run) => void showOn({ ...paperOf(without), clock }, run))
        const [terminal, time] = [new FakeTerminal(100), new SteppedClock()]
        let next = 0
        const ends: (() => void)[] = []
        await carriedOut(given, (run) => {
          showOn({ ...paperOf(terminal), clock: time }, run)
          run.stream.listen(({ type }) => {
            if (type === 'waiting' || type === 'waited') return
            for (const each of [acts[next % acts.length], acts[(next + 1) % acts.length]]) {
              next += 1
              if (each === undefined || 'ends' in each) ends.pop()?.()
              else if ('hosts' in each) ends.push(run.tellWait(waitFor(each.hosts)))
              else if ('ms' in each) time.pass(each.ms)
              else terminal.resize(each.columns)
            }
          })
        })
        for (const end of ends) end()
        expect(terminal.lines).to.equal(without.lines)
        drawn += terminal.writes - without.writes
      }),
      { numRuns: 40 },
    )
    expect(drawn, 'what was drawn in between').to.be.above(300)
  })

  it('counts the lines that passed, and names the first one that did not', () => {
    const steps = [2, 3, 4].map((line) => ({ line, text: `line ${line}`, values: [], keyword: 'When ' }))
    const key = { uri: 'a.feature', scenarioId: '1' }
    const run = begunRun([{ ...key, name: 'one', tags: [], steps }])
    let shown = ''
    showOn({ stream: paper, write: (text) => void (shown += text), env: {}, clock }, run)
    run.beginScenario(key)
    run.beginLine({ ...key, line: 2, text: 'line 2' })
    run.endLine(key, 2, { status: 'PASSED', took: 1 })
    run.beginLine({ ...key, line: 3, text: 'line 3' })
    run.endLine(key, 3, { status: 'FAILED', took: 1, message: 'no such door' })
    run.endLine(key, 4, { status: 'SKIPPED', took: 0 })
    run.fail()
    run.end()
    expect(run.state.passedLines).to.equal(1)
    expect(run.state.stoppedAt).to.deep.equal({ uri: 'a.feature', line: 3, text: 'When line 3' })
    expect(shown).to.match(/✔ When line 2\n.*✘ When line 3\n +no such door\n +- When line 4\n/)
    expect(shown).to.contain('FAILED  at "When line 3" (a.feature:3)')
  })
})

/** Returns a wait for hosts, all but one of which have answered. */
function waitFor(hosts: number): Wait {
  const tally = { done: hosts - 1, failed: 0, expected: hosts, someMissing: [`web${hosts}`] }
  return { withinMs: 20_000, tally: () => tally }
}

function paperOf(terminal: FakeTerminal): Omit<RunPaper, 'clock'> {
  const stream = Object.assign(terminal, { on: () => {}, off: () => {} }) as unknown as RunPaper['stream']
  return { stream, write: terminal.write, env: {} }
}

/** A clock whose time passes at once, with all that is due in it. */
class SteppedClock implements Clock {
  private time = 0
  private readonly due = new Map<() => void, number>()

  now = () => this.time
  elapsed = () => this.time

  after(ms: number, callback: () => void): () => void {
    const own = () => callback()
    this.due.set(own, this.time + ms)
    return () => void this.due.delete(own)
  }

  pass(ms: number): void {
    const until = this.time + ms
    for (;;) {
      const [soonest] = [...this.due].sort(([, a], [, b]) => a - b)
      if (soonest === undefined || soonest[1] > until) break
      this.time = Math.max(this.time, soonest[1])
      this.due.delete(soonest[0])
      soonest[0]()
    }
    this.time = until
  }
}

const clock = new FakeClock()
const sheet = { line: () => {}, dim: (text: string) => text }
const paper = {
  isTTY: false,
  columns: 80,
  on: () => {},
  off: () => {},
} as unknown as NodeJS.WritableStream & { isTTY: boolean }
