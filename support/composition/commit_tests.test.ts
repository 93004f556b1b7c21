import { appendFileSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { expect } from 'chai'
import type { PipelineEvent } from '../pipeline/events'
import { openPipelineJournal, pipelineJournalsIn } from '../pipeline/pipeline_journal'
import { Scratch } from '../testing/scratch'
import { commitTests } from './commit_tests'

const A = 'a'.repeat(40)
const ref = 'refs/heads/main'
const TAKEN: PipelineEvent = {
  type: 'push taken',
  delivery: 'd',
  repository: 'website',
  teller: 'hook',
  by: null,
  changes: [{ ref, before: null, after: A }],
}
const SEEN: PipelineEvent = {
  type: 'commit seen',
  delivery: 'd',
  repository: 'website',
  ref,
  after: A,
  commit: A,
  isToBuild: true,
}
const BEGUN: PipelineEvent = { type: 'build begun', build: 'b1', repository: 'website', commit: A }

function ended(result: 'succeeded' | 'failed' | 'interrupted', why: string | null): PipelineEvent {
  return { type: 'build ended', build: 'b1', result, why, seconds: 1 }
}

describe('the record of the tests of commits', () => {
  let scratch: Scratch
  beforeEach(() => (scratch = new Scratch()))
  afterEach(() => scratch.remove())

  const after = async (...events: PipelineEvent[]) => {
    const journal = openPipelineJournal(scratch.path, () => 0)
    for (const event of events) await journal.append(event)
    await journal.close()
    return commitTests(scratch.path, true)
  }

  it('says that a commit has passed where its build has succeeded, and of no other', async () => {
    const tests = await after(TAKEN, SEEN, BEGUN, ended('succeeded', null))
    expect(tests.passed('website', A)).to.deep.equal({ build: 'b1' })
    expect(tests.passed('website', 'b'.repeat(40)))
      .to.have.property('not')
      .that.contains('has no build of this commit')
    expect(tests.passed('shop', A)).to.have.property('not').that.contains('has no build of this commit')
  })

  const not: [string, PipelineEvent[], string][] = [
    ['was never pushed', [], 'has no build of this commit'],
    ['was seen and not built', [TAKEN, SEEN], 'has no build of this commit'],
    ['is being tested', [TAKEN, SEEN, BEGUN], 'they are under way'],
    [
      'has failed',
      [TAKEN, SEEN, BEGUN, ended('failed', 'make exited with 2')],
      'they failed: make exited with 2',
    ],
    [
      'was interrupted',
      [TAKEN, SEEN, BEGUN, ended('interrupted', 'serve ended')],
      'has no build of this commit',
    ],
  ]
  for (const [what, events, why] of not)
    it(`does not say that a commit has passed that ${what}`, async () =>
      expect((await after(...events)).passed('website', A))
        .to.have.property('not')
        .that.contains(why))

  it('says of nothing that it has passed where a journal lacks something', async () => {
    const tests = await after(TAKEN, SEEN, BEGUN, ended('succeeded', null))
    const folder = pipelineJournalsIn(scratch.path)
    appendFileSync(join(folder, readdirSync(folder)[0] ?? ''), '00000000 {}\n')
    expect(tests.passed('website', A)).to.have.property('not').that.contains('is damaged')
  })
})
