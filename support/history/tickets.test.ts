import { execFileSync } from 'node:child_process'
import { join } from 'node:path'
import { expect } from 'chai'
import fc from 'fast-check'
import { failure } from '../testing/failure'
import { Scratch } from '../testing/scratch'
import type { PlannedScenario } from '../run/run_parts'
import * as command from '../system/command'
import { ticketsOf as ticketsBy } from './tickets'

const ticketsOf = (plan: readonly PlannedScenario[], said: string | undefined) =>
  ticketsBy(plan, said, () => command)

describe('the tickets of a run', () => {
  let scratch: Scratch
  beforeEach(() => (scratch = new Scratch()))
  afterEach(() => scratch.remove())

  const planned = (file: string, ...tags: string[]): PlannedScenario => ({
    uri: join(scratch.path, file),
    scenarioId: '1',
    name: 'one',
    steps: [],
    wave: undefined,
    tags,
  })
  const git = (...args: string[]) =>
    execFileSync('git', ['-c', 'user.name=me', '-c', 'user.email=me@here', ...args], { cwd: scratch.path })
  const commit = (name: string, message: string) => {
    scratch.write(name, message)
    git('add', '--', `./${name}`)
    git('commit', '-q', '-m', message)
  }

  it('are tags, what was said, and nothing else; each once', async () => {
    const tags = ['@OPS-123', '@slow', '@OPS-0', '@ops-7', '@WEB-9']
    expect(await ticketsOf([planned('x.feature', ...tags)], ' #OPS-5, @WEB-9,')).to.deep.equal([
      'OPS-123',
      'OPS-5',
      'WEB-9',
    ])
    expect(await ticketsOf([planned('x.feature')], undefined)).to.deep.equal([])
    expect(await ticketsOf([planned('gone/x.feature')], '')).to.deep.equal([])
  })

  it('are those of the last commit of a feature, not of an earlier one or of another file', async () => {
    git('init', '-q')
    commit('x.feature', 'First\n\nTicket: OPS-1')
    commit('x.feature', 'Second, not OPS-2\n\nTicket: OPS-3\nRefs: WEB-4, #WEB-5')
    commit('[xy].feature', 'Other\n\nTicket: OPS-6')
    commit(':(top)z.feature', 'Other\n\nTicket: OPS-7')
    expect(await ticketsOf([planned('x.feature')], undefined)).to.deep.equal(['OPS-3', 'WEB-4', 'WEB-5'])
    expect(await ticketsOf([planned('[xy].feature')], undefined)).to.deep.equal(['OPS-6'])
    expect(await ticketsOf([planned(':(top)z.feature')], undefined)).to.deep.equal(['OPS-7'])
  })

  it('are not made of what a hostile commit says', async () => {
    git('init', '-q')
    commit('x.feature', `X\n\nTicket: ../../etc, \u001b[31mOPS-1, OPS-${'9'.repeat(400)}, OPS-2`)
    expect(await ticketsOf([planned('x.feature')], undefined)).to.deep.equal(['OPS-2'])
  })

  it('that are none are refused in a sentence, so that no person searches for a run in vain', async () => {
    const error = await failure(ticketsOf([], 'OPS-12 hotfix for login'))
    expect(error).to.include({ code: 'bad-input' })
    expect(error.message).to.equal(
      'LOCKSTEP_TICKET has "hotfix", which is no ticket; write them as in OPS-123,WEB-7',
    )
    await fc.assert(
      fc.asyncProperty(fc.string(), async (said) => {
        const named = await ticketsOf([], said).catch(({ code }: { code: string }) => code)
        if (typeof named === 'string') expect(named).to.equal('bad-input')
        else for (const name of named) expect(name).to.match(/^[A-Z][A-Z0-9]*-[1-9]\d*$/)
      }),
    )
  })
})
