import { expect } from 'chai'
import fc from 'fast-check'
import { createColors } from 'picocolors'
import { RunState } from '../../run/run_state'
import { carriedOut, eventsOf, randomRun } from '../../testing/random_run'
import { begunRun } from '../../testing/told_run'
import { LineWriter } from './line_writer'
import { Screen, showOn } from './terminal'

describe('the screen of a run', () => {
  it('shows what the run recorded, and nothing else', async () => {
    await fc.assert(
      fc.asyncProperty(randomRun, async (given) => {
        let shown = ''
        const write = (text: string) => void (shown += text)
        const { lines } = await carriedOut(given, (run) => showOn({ stream: paper, write, env: {} }, run))
        const again = { text: '' }
        const state = new RunState()
        const writer = new LineWriter(
          (text) => void (again.text += text),
          80,
          false,
          (each) => each,
        )
        const screen = new Screen({ state }, writer, createColors(false))
        for (const event of eventsOf(lines)) {
          state.apply(event)
          screen.hear(event)
        }
        expect(again.text).to.equal(shown)
      }),
      { numRuns: 100 },
    )
  })

  it('counts the lines that passed, and names the first one that did not', () => {
    const steps = [2, 3, 4].map((line) => ({ line, text: `line ${line}`, values: [], keyword: 'When ' }))
    const key = { uri: 'a.feature', scenarioId: '1' }
    const run = begunRun([{ ...key, name: 'one', tags: [], steps }])
    let shown = ''
    showOn({ stream: paper, write: (text) => void (shown += text), env: {} }, run)
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

const paper = { isTTY: false, columns: 80 } as unknown as NodeJS.WritableStream & { isTTY: boolean }
