import { join } from 'node:path'
import { expect } from 'chai'
import { openPipelineJournal } from '../pipeline/pipeline_journal'
import { Scratch } from '../testing/scratch'
import { pipeline } from './pipeline'

const A = 'a'.repeat(40)

describe('the account of pushes', () => {
  let scratch: Scratch
  beforeEach(() => (scratch = new Scratch()))
  afterEach(() => scratch.remove())

  const ask = (json: boolean) =>
    pipeline({
      cwd: scratch.path,
      env: { LOCKSTEP_STATE: 'state' },
      args: [],
      options: {
        again: undefined,
        approve: undefined,
        plan: undefined,
        gone: undefined,
        follow: false,
        all: false,
        json,
        'public-key': false,
        report: undefined,
        commit: undefined,
        build: undefined,
        url: undefined,
        to: undefined,
        secret: undefined,
        'secret-env': undefined,
      },
    })

  it('shows all else where a claim cannot be read, and says that it is not known who serves', async () => {
    const journal = openPipelineJournal(join(scratch.path, 'state'), () => 0)
    const ref = 'refs/tags/v1'
    const changes = [{ ref, before: null, after: A }]
    const pushed = { delivery: 'd', repository: 'website' }
    await journal.append({ type: 'push taken', ...pushed, teller: 'hook', by: 'an author', changes })
    await journal.append({ type: 'commit seen', ...pushed, ref, after: A, commit: A, isToBuild: true })
    await journal.close()
    expect((await ask(false)).text).to.contain('lockstep serve does not run here')
    scratch.write('state/pipeline/lock/serve-1.claim.json', '{"run":')
    const { text, complaint, exitCode } = await ask(false)
    expect(text).to.contain('website: 1 commit\n').and.not.to.contain('does not run')
    expect(complaint).to.match(
      /^Not everything is known: it cannot be told whether lockstep serve runs here: the claim \S+ cannot be read: /,
    )
    expect(exitCode).to.equal(1)
    const document = JSON.parse((await ask(true)).text) as { served: boolean; notKnown: string[] }
    expect([document.served, document.notKnown.length]).to.deep.equal([false, 1])
  })
})
