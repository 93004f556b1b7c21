import { execFileSync } from 'node:child_process'
import { join } from 'node:path'
import { expect } from 'chai'
import { FakeClock } from '../testing/fake_clock'
import { failure } from '../testing/failure'
import { Scratch } from '../testing/scratch'
import { approval, approvalOfRehearsal } from './approval'
import { readPlan } from '../planning/plan_file'
import { tellNobody } from '../system/wait'

describe('a file that is waited for', () => {
  let scratch: Scratch
  beforeEach(() => (scratch = new Scratch()))
  afterEach(() => scratch.remove())

  const ask = (means: string) =>
    approval({
      run: 'r1',
      means,
      terminal: false,
      user: 'me',
      state: scratch.path,
      append: async () => {},
      clock: new FakeClock(),
      stopping: new AbortController().signal,
      say: () => {},
      tellWait: tellNobody,
    }).ask('Go on?', 1_000)

  it('approves when it names the run and who approves', async () => {
    expect(await ask(scratch.write('approval', 'r1 Ann Lee\n'))).to.equal('Ann Lee')
  })

  it('is refused where nothing could ever be read from it', async () => {
    const pipe = join(scratch.path, 'pipe')
    execFileSync('mkfifo', [pipe])
    const error = await failure(ask(pipe))
    expect(error).to.include({ code: 'gate-closed' })
    expect(error.message).to.equal(
      `LOCKSTEP_APPROVAL names ${pipe}, which cannot be read: it is a pipe; expected a file; no host was touched since`,
    )
    expect((await failure(ask(scratch.path))).message).to.contain('it is a folder')
    expect(() => readPlan(pipe, 'reports')).to.throw(
      `the plan ${pipe} cannot be read: it is a pipe; expected a file`,
    )
  })
})

describe('a rehearsal', () => {
  it('asks nobody, and notes what a rollout would ask', async () => {
    const notes: string[] = []
    const { ask } = approvalOfRehearsal((text) => notes.push(text))
    expect(await ask('Go on with 2 hosts?', 0)).to.equal('nobody, in a rehearsal')
    expect(notes).to.deep.equal(['not now: in a rollout, a person would be asked: Go on with 2 hosts?'])
  })
})
