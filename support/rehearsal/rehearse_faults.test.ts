import { expect } from 'chai'
import type { BeginAgain } from '../run/again'
import type { HostTruth } from '../run/rehearsed'
import type { Run } from '../run/run'
import { BEGAN } from '../testing/fake_fleet'
import { begunRun, FEATURE } from '../testing/told_run'
import { rehearseFaults } from './rehearsal'

const UPDATE = 'I update the package {package}'
const web1: HostTruth = {
  host: 'web1',
  before: ['package web 1'],
  after: ['package web 2'],
  done: ['package update'],
  served: true,
  named: false,
  silent: false,
  out: false,
}

describe('the rehearsals of all faults', () => {
  it('are over before the failure of one is told, and none begins after it', async () => {
    const course: string[] = []
    const beginAgain: BeginAgain = async ({ purpose }, read) => {
      const fault = purpose.why === 'rehearsal' ? purpose.fault.fault : ''
      course.push(`${fault} begins`)
      if (fault === 'stops answering') throw new Error('the disk is full')
      await new Promise((resolve) => setTimeout(resolve, 5))
      course.push(`${fault} ends`)
      return read({ exitCode: 1, plan: undefined, truth: [web1], said: '' })
    }
    const failure = await rehearseFaults(await cleanRun(), 0, { beginAgain, isHere: false }).catch(String)
    course.push(String(failure))
    expect(course).to.deep.equal([
      'stops answering begins',
      'fails begins',
      'fails ends',
      'Error: the disk is full',
    ])
  })

  it('fail where their faults have not begun: nothing was tried', async () => {
    const rehearsed = async (truth: readonly HostTruth[], exitCode: number) => {
      const run = await cleanRun()
      const ended = { exitCode, plan: undefined, truth, said: '' }
      await rehearseFaults(run, 0, { beginAgain: async (_, read) => read(ended), isHere: true })
      return run.state.rehearsals.map(({ failures }) => failures)
    }
    const untried =
      'the fault of web1 has not begun, so it was not rehearsed: it was at no line with "I update the package web"'
    const old = { ...web1, after: web1.before, done: [] }
    const each = (...failures: string[]) => [[], failures, failures, failures]
    expect(await rehearsed([{ ...old, hasShownFault: false }], 6)).to.deep.equal(each(untried))
    expect(await rehearsed([{ ...old, hasShownFault: true }], 1)).to.deep.equal(each())
    expect(await rehearsed([{ ...old, host: 'web2', hasShownFault: true }], 1)).to.deep.equal(each(untried))
    expect(await rehearsed([], 3)).to.deep.equal(each(untried))
  })
})

/** Returns a rehearsal without a fault, of a feature that updates one host, when it is over. */
async function cleanRun(): Promise<Run> {
  const text = 'I update the package web'
  const steps = [{ line: 3, text, expression: UPDATE, values: [] }]
  const run = begunRun([{ uri: FEATURE, scenarioId: '2', name: 'web', tags: [], steps }], 'rehearse')
  await run.stream.append({ ...BEGAN, feature: FEATURE, mode: 'rehearse' })
  await run.stream.append({ type: 'roll call', hosts: ['web1'] })
  run.stream.appendNow({ type: 'truth', truth: [web1] })
  return run
}
