import { chmodSync, linkSync, mkdirSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect } from 'chai'
import type { ApprovalBy } from '../config/after_success_setting'
import { fetched, MADE, PLAN, planned } from '../testing/deploy_events'
import { MemoryDeploys } from '../testing/memory_deploys'
import { MemoryPipelineLog } from '../testing/memory_pipeline_log'
import { Scratch } from '../testing/scratch'
import { DeployRequests } from './deploy_requests'
import type { PipelineEvent } from './events'
import { takeDeployRequests } from './take_deploy_requests'

const [A, B] = ['a'.repeat(40), 'b'.repeat(40)]
const TARGET = { repository: 'website', environment: 'test', commit: A, tag: 'v1' }
const APPROVE = { kind: 'approve', repository: 'website', run: 'f1', plan: PLAN, by: 'ann' } as const

describe('wishes about deploys', () => {
  let scratch: Scratch
  let requests: DeployRequests
  let log: MemoryPipelineLog
  let approval: ApprovalBy
  let deploys: MemoryDeploys
  beforeEach(async () => {
    scratch = new Scratch()
    requests = new DeployRequests(scratch.path)
    requests.open()
    log = new MemoryPipelineLog()
    approval = 'person'
    deploys = new MemoryDeploys()
    await add([...fetched(A, 'v1'), ...planned(TARGET, 'f1')])
  })
  afterEach(() => scratch.remove())

  const add = async (events: readonly PipelineEvent[]) => {
    for (const event of events) await log.append(event)
  }
  const folder = () => join(scratch.path, 'pipeline', 'wishes')
  const take = (owner = 'ann') => {
    const settings = { feature: 'x.feature', variable: 'tag', within: 1, approval }
    const repositories = [{ ...settings, repository: 'website', environment: 'test' }]
    return takeDeployRequests(requests, {
      log,
      repositories,
      deploys,
      takesTag: () => true,
      nameOf: async () => owner,
    })
  }
  const approvals = () => log.added.flatMap((event) => (event.type === 'plan approved' ? [event] : []))

  it('approve exactly one plan, by the person whose file it is', async () => {
    requests.leave(APPROVE)
    expect(await take()).to.deep.equal([])
    expect(approvals().map(({ run, plan, by, commit }) => [run, plan, by, commit])).to.deep.equal([
      ['f1', PLAN, 'ann', A],
    ])
    expect(readdirSync(folder())).to.deep.equal([])
  })

  it('name the user whose word it is, where a file is of another one', async () => {
    requests.leave(APPROVE)
    await take('lockstep')
    expect(approvals()[0]?.by).to.equal('ann, by the word of lockstep')
  })

  it('are refused with a sentence, and are gone', async () => {
    const refusals: [PipelineEvent[], Partial<typeof APPROVE>, RegExp][] = [
      [[], { run: 'f2' as 'f1' }, /no plan 0123456789ab of website was made by a run f2/],
      [[], { plan: 'fedcba987654' as typeof PLAN }, /no plan fedcba987654 of website/],
      [
        [{ type: 'plan approved', run: 'f1', plan: PLAN, by: 'bob', ...TARGET }],
        {},
        /it was approved already by bob at .*: an approval is good for one rollout/,
      ],
      [fetched(B, 'v2'), {}, /hosts of test are to have v2 \(b{12}\) by now/],
      [planned(TARGET, 'f3'), {}, /a newer plan was begun at .*: 0123456789ab/],
    ]
    for (const [events, other, why] of refusals) {
      log = new MemoryPipelineLog()
      await add([...fetched(A, 'v1'), ...planned(TARGET, 'f1'), ...events])
      const before = approvals().length
      requests.leave({ ...APPROVE, ...other })
      const [refused = ''] = await take()
      expect(refused).to.match(why)
      expect(approvals()).to.have.length(before)
      expect(readdirSync(folder())).to.deep.equal([])
    }
  })

  it('approve no plan that failed, and none where the configuration says plan alone', async () => {
    approval = 'none'
    requests.leave(APPROVE)
    expect((await take())[0]).to.match(/does not say after_success: \{ test: approval \}/)
    approval = 'person'
    await add(planned(TARGET, 'f4', { ...MADE, result: 'failed', why: 'web1: no room' }))
    requests.leave({ ...APPROVE, run: 'f4' })
    expect((await take())[0]).to.match(/it has not come to a plan: web1: no room/)
    expect(approvals()).to.deep.equal([])
  })

  it('are files of their own: a second name of the file of another user is none', async () => {
    const other = scratch.write('other', '')
    linkSync(other, join(folder(), `approve~website~f1~${PLAN}~root`))
    mkdirSync(join(folder(), 'a folder'))
    writeFileSync(join(folder(), 'no wish'), '')
    expect(await take('root')).to.have.length(3)
    expect(approvals()).to.deep.equal([])
    expect(readdirSync(folder())).to.deep.equal([])
  })

  it('are taken also where something cannot be removed that is no wish', async () => {
    // It is in front of the wish by its name, in the order of its making, and in that of the folder.
    const names = ['a', 'zz', ...Array.from({ length: 20 }, (_, index) => `odd${index}`)]
    for (const name of names) mkdirSync(join(folder(), name))
    requests.leave(APPROVE)
    const remove = (name: string) => {
      if (names.includes(name)) throw new Error(`EACCES ${name}`)
      rmSync(join(folder(), name))
    }
    Object.assign(requests, { remove })
    await take().catch((error: unknown) => expect(String(error)).to.contain('EACCES'))
    expect(approvals()).to.have.length(1)
  })

  it('are renamed by their owners alone, also in a folder that was made otherwise', () => {
    chmodSync(folder(), 0o2770)
    requests.open()
    expect(statSync(folder()).mode & 0o7777).to.equal(0o3770)
  })

  it('end a rollout of another machine that tells no end itself, and no other one', async () => {
    await add([
      { type: 'plan approved', run: 'f1', plan: PLAN, by: 'bob', ...TARGET },
      { type: 'rollout begun', run: 'f2', planRun: 'f1', plan: PLAN, machine: 'b', ...TARGET },
    ])
    const gone = { kind: 'gone', repository: 'website', run: 'f2', by: 'ann' } as const
    const ends = () => log.added.flatMap((event) => (event.type === 'rollout ended' ? [event] : []))
    const refused = async (request: Omit<typeof gone, 'run'> & { run: string }) => {
      requests.leave(request)
      return (await take())[0]
    }
    expect(await refused({ ...gone, run: 'f3' })).to.match(/no rollout f3 of website is under way/)
    deploys.machine = 'b'
    expect(await refused(gone)).to.match(/the processes of f2 can be seen here, on b/)
    deploys.machine = 'a'
    deploys.saidEnded.add('f2')
    expect(await refused(gone)).to.match(/the journal of f2 has its end, and is judged by it/)
    expect(ends()).to.deep.equal([])
    deploys.saidEnded.clear()
    expect(await refused(gone)).to.equal(undefined)
    expect(ends()[0]).to.include({ run: 'f2', result: 'interrupted', verdict: null, by: 'ann', commit: A })
    expect(await refused(gone)).to.match(/is under way/)
    expect(ends()).to.have.length(1)
  })

  it('ask for another plan, once until it is begun', async () => {
    const wish = { kind: 'plan', repository: 'website', environment: 'test', by: 'ann' } as const
    for (const by of ['ann', 'bob']) requests.leave({ ...wish, by })
    requests.leave({ ...wish, environment: 'stage' })
    expect(await take()).to.have.length(1)
    expect(log.added.filter(({ type }) => type === 'plan asked for')).to.have.length(1)
    expect(log.state.deploys.isAskedFor('website', 'test')).to.equal(true)
    await add(planned(TARGET, 'f5'))
    expect(log.state.deploys.isAskedFor('website', 'test')).to.equal(false)
  })
})
