import { expect } from 'chai'
import fc from 'fast-check'
import type { Observation } from '../../rollout/model/verdict'
import { parseHosts } from '../../rollout/model/parse_hosts'
import { BEGAN } from '../../testing/fake_fleet'
import { FakeClock } from '../../testing/fake_clock'
import { FakeTerminal } from '../../testing/fake_terminal'
import { begunRun, conclude } from '../../testing/told_run'
import { showOn, type RunPaper } from './terminal'

const URI = 'a.feature'
/** More ways to fail than a screen tells of. */
const ERRORS = Array.from(
  { length: 9 },
  (_, n) => `error ${n} of a package manager that says at length which of its sources it could not read`,
)

describe('the screen of a large fleet', () => {
  const observations = fc
    .uniqueArray(
      fc.record({
        host: fc
          .tuple(
            fc.constantFrom('web', 'node0', 'db-'),
            fc.nat(3_000),
            fc.constantFrom('', '.eu.example.org'),
          )
          .map((parts) => parts.join('')),
        outcome: fc.constantFrom('passed', 'silent', 'full', 'dead', 'odd', ...ERRORS),
      }),
      { selector: ({ host }) => host, minLength: 2, maxLength: 200 },
    )
    .map((all) => all.map(({ host, outcome }) => observationOf(host, outcome)))

  it('names or counts each host that failed, once under its line and once at the end', async () => {
    await fc.assert(
      fc.asyncProperty(observations, async (all) => {
        const failed = all.filter(({ passed }) => !passed)
        const text = await screenOf(all, {})
        const [, line = '', end = ''] = /^ {4}✘ When I try.*\n([^]*?)\n\n([^]*)/m.exec(text) ?? []
        if (failed.length === 0) return void expect(text).to.contain('PASSED')
        const names = new Set(failed.map(({ host }) => host))
        expect(toldIn(line, names, all.length), text).to.equal(failed.length)
        expect(toldIn(end, names, all.length), text).to.equal(failed.length)
        // Up to 50 hosts say what was seen whole, of up to twelve cohorts.
        expect(text.split('\n').length).to.be.below(all.length > 50 ? 40 : 65)
        for (const row of text.split('\n')) expect(row.length, row).to.be.at.most(80)
        const isCut = /… and \d|….*$/m.test(text)
        expect(text.includes('every host and outcome: run.json'), text).to.equal(isCut)
      }),
      { numRuns: 30 },
    )
  })

  it('explains its signs within the width of the terminal, beside hosts with long names too', async () => {
    const all = ['web40', 'web42', 'web44', 'web47'].map((name) =>
      observationOf(`${name}.eu.example.org`, 'full'),
    )
    const rows = (await screenOf(all, {})).split('\n')
    const legend = rows.find((row) => row.includes('✔ passed ✘ diverged'))
    expect(legend).to.match(/· not attempted$/)
    for (const row of rows) expect(row.length, row).to.be.at.most(80)
  })

  it('names all of them where all are wanted', async () => {
    await fc.assert(
      fc.asyncProperty(observations, async (all) => {
        const text = await screenOf(all, { LOCKSTEP_HOSTS: 'all' })
        const names = new Set(all.filter(({ passed }) => !passed).map(({ host }) => host))
        expect(text).not.to.contain('…')
        const [, line = ''] = /^ {4}✘ When I try.*\n([^]*?)\n\n/m.exec(text) ?? []
        expect(toldIn(line, names, all.length), text).to.equal(names.size)
      }),
      { numRuns: 10 },
    )
  })
})

function observationOf(host: string, outcome: string): Observation {
  if (outcome === 'passed') return { host, passed: true, kind: 'answered', seen: '4.2.6-3' }
  if (outcome === 'silent') return { host, passed: false, kind: 'silent', seen: 'no answer' }
  return { host, passed: false, kind: 'answered', seen: outcome }
}

async function screenOf(observations: readonly Observation[], env: RunPaper['env']): Promise<string> {
  const terminal = new FakeTerminal(80)
  const stream = Object.assign(terminal, { on: () => {}, off: () => {} }) as unknown as RunPaper['stream']
  const steps = [{ line: 2, text: 'I try', values: [], keyword: 'When ' }]
  const run = begunRun([{ uri: URI, scenarioId: '1', name: 'one', tags: [], steps }])
  showOn({ stream, write: terminal.write, env, clock: new FakeClock() }, run)
  await run.stream.append({ ...BEGAN, feature: URI })
  await run.stream.append({ type: 'roll call', hosts: observations.map(({ host }) => host) })
  run.beginScenario({ uri: URI, scenarioId: '1' })
  run.beginLine({ uri: URI, scenarioId: '1', line: 2, text: 'I try' })
  conclude(run, { observations, unexpected: [] })
  const isFailed = observations.some(({ passed }) => !passed)
  run.endLine({ uri: URI, scenarioId: '1' }, 2, { status: isFailed ? 'FAILED' : 'PASSED', took: 1 })
  run.endScenario(isFailed ? 'failed' : 'passed', 1)
  if (isFailed) run.fail()
  run.end()
  return terminal.text
}

/** Returns the number of hosts that a part of a screen names, out of `names`, and counts beside them. */
function toldIn(part: string, names: ReadonlySet<string>, everybody: number): number {
  const rows = part.split('\n').filter((row) => !/[✔✘?]{1}$/.test(row))
  const found = rows.flatMap((row) => {
    const [text = ''] =
      /\S+[\d\]](?:\.eu\.example\.org)?(?:, \S+[\d\]](?:\.eu\.example\.org)?)*,?(?=, …|$)/.exec(row) ?? []
    return text === '' ? [] : parseHosts(text.replace(/,$/, '')).filter((host) => names.has(host))
  })
  expect(new Set(found).size, 'each is named once').to.equal(found.length)
  const counted = rows.map((row) => Number(/… and (\d+)/.exec(row)?.[1] ?? 0)).reduce((a, b) => a + b, 0)
  const all = part.includes(`all ${everybody} hosts`) ? everybody : 0
  return found.length + counted + all
}
