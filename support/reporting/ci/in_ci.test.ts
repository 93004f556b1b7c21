import { mkdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect } from 'chai'
import { seen, toldRun } from '../../testing/told_run'
import { Scratch } from '../../testing/scratch'
import { tellCi } from './in_ci'

describe('CI is told of a run', () => {
  let scratch: Scratch
  const before = process.cwd()
  const failed = () => {
    const steps = [{ line: 4, verdict: seen({ web1: 'passed', web2: '1.0' }) }]
    return toldRun([{ scenarioId: '3', outcome: 'failed', steps }])
  }
  const told = (env: NodeJS.ProcessEnv) => {
    const lines: string[] = []
    const said: string[] = []
    const write = process.stderr.write.bind(process.stderr)
    process.stderr.write = (text: string | Uint8Array) => said.push(String(text)) > 0
    try {
      tellCi(failed(), { env, cwd: join(scratch.path, 'deploys'), write: (text) => lines.push(text) })
    } finally {
      process.stderr.write = write
    }
    return { log: lines.join(''), said: said.join('') }
  }

  beforeEach(() => {
    scratch = new Scratch()
    process.chdir(scratch.path)
  })

  afterEach(() => {
    process.chdir(before)
    scratch.remove()
  })

  it('by nothing where GitHub does not run it', () => {
    expect(told({ GITHUB_STEP_SUMMARY: 'summary.md' })).to.deep.equal({ log: '', said: '' })
    expect(() => readFileSync('summary.md')).to.throw('ENOENT')
  })

  it('by annotations with files as GitHub knows them, and a summary after what is there', () => {
    const summary = scratch.write('summary.md', 'of another step\n')
    const env = { GITHUB_ACTIONS: 'true', GITHUB_WORKSPACE: scratch.path, GITHUB_STEP_SUMMARY: summary }
    expect(told(env).log).to.equal(
      '::error file=deploys/features/website.feature,line=4,title=step 4::1 of 2 hosts diverged%0A1.0: web2\n',
    )
    expect(readFileSync(summary, 'utf8')).to.match(/^of another step\n## FAILED \(embedded fleet\)\n/)
  })

  it('as far as there is room', () => {
    const summary = scratch.write('summary.md', 'x'.repeat(1024 * 1024 - 10))
    told({ GITHUB_ACTIONS: 'true', GITHUB_STEP_SUMMARY: summary })
    expect(readFileSync(summary).length).to.be.at.most(1024 * 1024)
  })

  it('and names a file that cannot be written, without a change of the outcome', () => {
    mkdirSync('summary.md')
    const { log, said } = told({ GITHUB_ACTIONS: 'true', GITHUB_STEP_SUMMARY: 'summary.md' })
    expect(said).to.contain('the summary of the job could not be written')
    expect(log).to.contain('::error')
  })
})
