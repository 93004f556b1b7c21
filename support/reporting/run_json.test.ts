import { statSync } from 'node:fs'
import { expect } from 'chai'
import { Scratch } from '../testing/scratch'
import { writePieces } from '../system/whole_file'
import { begunRun, conclude } from '../testing/told_run'
import { runJsonOf } from './run_json'
import { readRunJson } from './run_json_reading'

const HOSTS = Array.from({ length: 10_000 }, (_, index) => `web${index + 1}.example.net`)
const WAVES = 100

describe('run.json', () => {
  const scratch = new Scratch()
  after(() => scratch.remove())

  const observed = (hosts: readonly string[], seen: string) => ({
    observations: hosts.map((host) => ({ host, passed: true, kind: 'answered' as const, seen })),
    unexpected: [],
  })

  it('has at most 1 kB a host for 10,000 hosts in 100 waves, each of which looks at all of them too @long', () => {
    const run = begunRun()
    const size = HOSTS.length / WAVES
    for (let wave = 0; wave < WAVES; wave += 1) {
      const begin = (line: number) =>
        run.beginLine({ uri: 'a.feature', scenarioId: String(wave), line, text: 'a line' })
      begin(1)
      conclude(run, observed(HOSTS, 'discovered'))
      for (let line = 2; line < 9; line += 1) {
        begin(line)
        conclude(run, observed(HOSTS.slice(wave * size, (wave + 1) * size), `seen ${line}`))
      }
    }
    const path = `${scratch.path}/run.json`
    writePieces(path, runJsonOf(run.state))
    expect(statSync(path).size).to.be.below(HOSTS.length * 1_000)
    const { steps } = readRunJson(path)
    expect(steps[0]?.hosts.map(({ host }) => host)).to.deep.equal(HOSTS)
    expect(steps.at(-1)?.hosts.map(({ host }) => host)).to.deep.equal(HOSTS.slice(-size))
    expect(steps.at(-1)?.hosts[0]).to.include({ passed: true, seen: 'seen 8' })
  })
})
