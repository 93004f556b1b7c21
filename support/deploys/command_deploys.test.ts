import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect } from 'chai'
import type { PlanOrder, RolloutOrder } from '../pipeline/deployer'
import { systemClock } from '../system/clock'
import { JOURNAL_SUFFIX } from '../system/journal_lines'
import { isRunningWith, runCommand } from '../system/command'
import { redactor } from '../system/redaction'
import { BEGAN } from '../testing/fake_fleet'
import { journalText } from '../testing/journal_text'
import { Scratch } from '../testing/scratch'
import { begunRun } from '../testing/told_run'
import { CommandDeploys } from './command_deploys'

const TARGET = { repository: 'website', environment: 'test', commit: 'a'.repeat(40), tag: 'v1' }
const RUN = '20260101-000000-abcd'
const ORDER: PlanOrder & RolloutOrder = {
  ...TARGET,
  run: RUN,
  feature: 'deploy.feature',
  variable: 'tag',
  within: 20_000,
  plan: '0123456789ab',
  planRun: '20260101-000000-0000',
  hosts: 1,
  code: 'c0de',
}

describe('the command that plans and rolls out', () => {
  let scratch: Scratch
  const never = new AbortController().signal
  beforeEach(() => (scratch = new Scratch()))
  afterEach(() => scratch.remove())

  /** Returns deploys whose command is a program of the shell, which leaves its words and variables in `said`. */
  const deploysBy = (program: string, env: Record<string, string> = {}, isRunning = isRunningWith) => {
    const script = scratch.write('program', `printf '%s ' "$@" >said; env >>said; pwd >>said\n${program}\n`)
    return new CommandDeploys({
      lockstep: ['/bin/sh', script],
      config: join(scratch.path, 'lockstep.yaml'),
      folder: scratch.path,
      state: join(scratch.path, 'state'),
      machine: 'a',
      env: { PATH: process.env['PATH'], ...env },
      cwd: scratch.path,
      run: runCommand,
      isRunning,
      clock: systemClock,
      redact: redactor(['s3cret-of-a-fleet']),
    })
  }
  const said = () => readFileSync(join(scratch.path, 'said'), 'utf8')

  it('is called as a person would, in the folder of lockstep.yaml, with no setting of lockstep serve', async () => {
    const deploys = deploysBy('exit 0', { LOCKSTEP_SAFE_MODE: 'on', KEY: 'k' })
    await deploys.plan(ORDER, never)
    const { path } = scratch
    expect(said()).to.match(
      new RegExp(
        `^plan deploy.feature --environment test --var tag=v1 --config ${path}/lockstep.yaml --state ${path}/state `,
      ),
    )
    expect(said())
      .to.contain(`LOCKSTEP_RUN=${RUN}\n`)
      .and.contain('KEY=k\n')
      .and.match(new RegExp(`^${path}$`, 'm'))
    expect(said()).not.to.contain('SAFE_MODE')
  })

  it('has made no plan where it leaves no journal, with any exit status', async () => {
    for (const exit of [0, 1]) {
      const { result, plan, why } = await deploysBy(`echo it is cloudy s3cret-of-a-fleet; exit ${exit}`).plan(
        ORDER,
        never,
      )
      expect([result, plan]).to.deep.equal(['failed', null])
      expect(why).to.contain('it is cloudy ***')
    }
  })

  it('has made no plan where it takes too long, or cannot be started', async () => {
    const late = await deploysBy('sleep 20').plan({ ...ORDER, within: 300 }, never)
    expect([late.result, late.why]).to.deep.equal(['failed', 'it took longer than 0.3 s and was ended'])
  })

  it('has rolled nothing out where it leaves no journal, also where a report says that all passed', async () => {
    const deploys = deploysBy('echo it is cloudy')
    await deploys.start(ORDER)
    await deploys.untilGone(RUN, never)
    const folder = join(scratch.path, 'state', 'pipeline', 'runs')
    expect(said()).to.contain(`--plan ${folder}/${ORDER.planRun}/plans/0123456789ab.json `)
    expect(said()).to.contain('\nLOCKSTEP_CODE=c0de\n')
    expect(await deploys.outcomeOf(ORDER)).to.deep.equal({
      result: 'failed',
      verdict: null,
      why: 'it did not begin: it is cloudy',
    })
    const report = (exitCode: number) =>
      JSON.stringify({ exitCode, verdict: 'REFUSED', reason: { message: 'web1 is locked' } })
    writeFileSync(join(folder, RUN, 'run.json'), report(0))
    expect((await deploys.outcomeOf(ORDER)).why).to.equal('it did not begin: it is cloudy')
    writeFileSync(join(folder, RUN, 'run.json'), report(6))
    expect(await deploys.outcomeOf(ORDER)).to.deep.equal({
      result: 'failed',
      verdict: 'REFUSED',
      why: 'web1 is locked',
    })
  })

  it('was never started where lockstep serve was killed before that', async () => {
    const { result, why } = await deploysBy('exit 0').outcomeOf(ORDER)
    expect([result, why]).to.deep.equal([
      'failed',
      'it did not begin: lockstep serve ended before it was started',
    ])
  })

  it('is still there until its process is gone', async () => {
    const deploys = deploysBy('while [ ! -e enough ]; do sleep 0.05; done')
    await deploys.start(ORDER)
    let isGone = false
    const gone = deploys.untilGone(RUN, never).then(() => (isGone = true))
    await new Promise((resolve) => setImmediate(resolve))
    expect(isGone).to.equal(false)
    scratch.write('enough', '')
    await gone
  })

  it('is still there where one look finds no process, as while that becomes another program', async () => {
    const looks = [false, true, false, false]
    const asked: string[] = []
    const deploys = deploysBy('exit 0', {}, (variable) => {
      asked.push(variable)
      return looks.shift() ?? expect.fail('it was gone before')
    })
    await deploys.untilGone(RUN, never)
    expect(asked).to.deep.equal(looks.concat(Array(4).fill(`LOCKSTEP_RUN=${RUN}`)))
  })

  it('has ended where its own journal or refusal says so, whichever machine it is of', async () => {
    const deploys = deploysBy('exit 0')
    const lines = [JSON.stringify({ type: 'journal', version: 1, at: new Date(0).toISOString() })]
    const run = begunRun([], 'live')
    run.stream.openInto({
      put: (entry: object) => void lines.push(JSON.stringify(entry)),
      settle: async () => {},
      settleNow: () => {},
    })
    await run.stream.append({ ...BEGAN, mode: 'live' })
    const journal = join('state', 'live', `${RUN}${JOURNAL_SUFFIX}`)
    const place = join(scratch.path, 'state', 'pipeline', 'runs', RUN)
    mkdirSync(join(scratch.path, 'state', 'live'), { recursive: true })
    mkdirSync(place, { recursive: true })
    expect(await deploys.hasEnded(RUN), 'nothing is there').to.equal(false)
    const refusal = { exitCode: 6, verdict: 'REFUSED', reason: { message: 'web1 is locked' } }
    writeFileSync(join(place, 'run.json'), JSON.stringify(refusal))
    expect(await deploys.hasEnded(RUN), 'it was refused').to.equal(true)
    scratch.write(journal, journalText(...lines))
    expect(await deploys.hasEnded(RUN), 'it runs').to.equal(false)
    expect(await deploys.hasEnded(RUN), 'it still runs').to.equal(false)
    run.end()
    const whole = journalText(...lines)
    scratch.write(journal, whole.slice(0, -20))
    expect(await deploys.hasEnded(RUN), 'its last line is not whole here').to.equal(false)
    scratch.write(journal, `{${whole}`)
    expect(await deploys.hasEnded(RUN), 'it cannot be read').to.equal(false)
    expect((await deploys.outcomeOf(ORDER)).result, 'it cannot be read').to.equal('unread')
    scratch.write(journal, whole)
    expect(await deploys.hasEnded(RUN), 'it has ended').to.equal(true)
  })

  it('is of a feature whose digest is empty where it is not there', () => {
    const deploys = deploysBy('exit 0')
    expect(deploys.digestOf('deploy.feature')).to.equal('')
    scratch.write('deploy.feature', 'x')
    expect(deploys.digestOf('deploy.feature')).to.match(/^[0-9a-f]{64}$/)
  })

  it('has an id that no run had', () => {
    const deploys = deploysBy('exit 0')
    const run = deploys.newRun()
    mkdirSync(join(scratch.path, 'state', 'pipeline', 'runs', run), { recursive: true })
    expect(run).to.match(/^\d{8}-\d{6}-[0-9a-f]{4}$/)
    expect(deploys.newRun()).not.to.equal(run)
  })
})
