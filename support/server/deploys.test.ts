import { NO_RIGHTS } from '../people/rights_now'
import { expect } from 'chai'
import type { RepositorySettings } from '../config/pipeline_setting'
import type { ApprovalBy } from '../config/after_success_setting'
import { DeployRequests } from '../pipeline/deploy_requests'
import { fetched, PLAN, planned } from '../testing/deploy_events'
import { settled } from '../testing/fake_clock'
import { MemoryDeploys } from '../testing/memory_deploys'
import { MemoryPipelineLog } from '../testing/memory_pipeline_log'
import { partContext } from '../testing/part_context'
import { Scratch } from '../testing/scratch'
import { deployParts } from './deploys'

const A = 'a'.repeat(40)
const TARGET = { repository: 'website', environment: 'test', commit: A, tag: 'v1' }

describe('the parts of lockstep serve that deploy', () => {
  let scratch: Scratch
  let deploys: MemoryDeploys
  let over: AbortController

  beforeEach(() => {
    scratch = new Scratch()
    deploys = new MemoryDeploys()
    over = new AbortController()
  })
  afterEach(() => scratch.remove())

  const website = (
    ...acts: (readonly [environment: string, approval: ApprovalBy])[]
  ): RepositorySettings => ({
    name: 'website',
    url: '/srv/git/website.git',
    branches: [],
    tags: ['v*'],
    triggers: [],
    build: { kind: 'command', command: ['true'], within: 1, environment: [] },
    deploys: acts.map(([environment, approval]) => ({
      environment,
      approval,
      feature: 'deploy.feature',
      variable: 'tag',
      within: 1,
    })),
  })
  const partsOf = (...repositories: RepositorySettings[]) =>
    deployParts(
      { repositories },
      { deploys, takesTag: () => true, nameOf: async () => 'ann', rights: NO_RIGHTS },
    )

  it('are one for wishes, one for each environment, and one for earlier ones', () => {
    expect(
      partsOf(website(['test', 'none'], ['production', 'person'])).map(({ name }) => name),
    ).to.deep.equal(['wishes', 'deploys to test', 'deploys to production', 'earlier deploys'])
    expect(partsOf(website()).map(({ name }) => name)).to.deep.equal(['wishes', 'earlier deploys'])
  })

  it('tell the end of a rollout to an environment that nothing is deployed to any more', async () => {
    const log = new MemoryPipelineLog()
    for (const event of [...fetched(A, 'v1'), ...planned(TARGET, 'f1')]) await log.append(event)
    await log.append({ type: 'plan approved', run: 'f1', plan: PLAN, by: 'ann', ...TARGET })
    await log.append({ type: 'rollout begun', run: 'r1', planRun: 'f1', plan: PLAN, machine: 'a', ...TARGET })
    const context = partContext(log, over.signal, scratch.path)
    const running = partsOf(website()).map((part) => part.run(context))
    await log.until(({ deploys: { plans } }) => plans[0]?.rollout?.state !== 'running')
    over.abort()
    await Promise.all(running)
    expect(log.state.deploys.plan('f1')?.rollout?.state).to.equal('failed')
    expect([deploys.planned, deploys.started]).to.deep.equal([[], []])
  })

  it('take the word of a person that another machine is gone, where nothing is deployed any more', async () => {
    const log = new MemoryPipelineLog()
    for (const event of [...fetched(A, 'v1'), ...planned(TARGET, 'f1')]) await log.append(event)
    await log.append({ type: 'plan approved', run: 'f1', plan: PLAN, by: 'ann', ...TARGET })
    await log.append({ type: 'rollout begun', run: 'e1', planRun: 'f1', plan: PLAN, machine: 'b', ...TARGET })
    const wishes = new DeployRequests(scratch.path)
    wishes.open()
    wishes.leave({ kind: 'gone', repository: 'website', run: 'e1', by: 'ann' })
    const running = partsOf(website()).map((part) => part.run(partContext(log, over.signal, scratch.path)))
    await log.until(({ deploys: { plans } }) => plans[0]?.rollout?.state !== 'running')
    expect(log.state.deploys.plan('f1')?.rollout?.state).to.equal('interrupted')
    over.abort()
    await Promise.all(running)
  })

  it('take what a person approved while no process ran before they plan anew', async () => {
    const log = new MemoryPipelineLog()
    for (const event of [...fetched(A, 'v1'), ...planned(TARGET, 'f1')]) await log.append(event)
    deploys.digest = 'changed since'
    const wishes = new DeployRequests(scratch.path)
    wishes.open()
    wishes.leave({ kind: 'approve', repository: 'website', run: 'f1', plan: PLAN, by: 'ann' })
    const context = partContext(log, over.signal, scratch.path)
    const running = partsOf(website(['test', 'person'])).map((part) => part.run(context))
    await log.until(({ deploys: { plans } }) => plans[0]?.rollout?.state === 'succeeded')
    expect(deploys.started.map(({ planRun }) => planRun)).to.deep.equal(['f1'])
    over.abort()
    await Promise.all(running)
    expect(context.listeners.size).to.equal(0)
  })

  it('plan as soon as the last host has the tag', async () => {
    const log = new MemoryPipelineLog()
    const context = partContext(log, over.signal, scratch.path)
    const running = partsOf(website(['test', 'none'])).map((part) => part.run(context))
    await settled()
    for (const event of fetched(A, 'v1')) await context.pipeline.append(event)
    await log.until(({ deploys: { plans } }) => plans[0]?.state === 'succeeded')
    expect(deploys.started).to.deep.equal([])
    over.abort()
    await Promise.all(running)
  })
})
