import { join } from 'node:path'
import { expect } from 'chai'
import { FollowedHistory } from '../../history/followed_history'
import { policyOf, parsePolicy } from '../../people/policy'
import type { PipelineEvent } from '../../pipeline/events'
import { writePlan } from '../../planning/plan_file'
import type { Plan } from '../../planning/plan'
import { openPipeline, type OpenPipeline } from '../../server/open_pipeline'
import { PlanDesk } from '../../server/plan_desk'
import { rightsBy } from '../../testing/memory_rights'
import { ConsoleStand } from '../../testing/console_stand'
import { tokenIn } from '../../testing/console_browser'
import { fetched, HOSTS, planned } from '../../testing/deploy_events'
import type { PartContext } from '../../server/part'
import type { RepositorySettings } from '../../config/pipeline_setting'
import { formOf } from '../personal_act'
import { ConsoleState } from './console_state'
import type { ApprovalIn } from './plan_page'
import { planActs, planRoutes } from './plan_acts'

const A = 'a'.repeat(40)
const B = 'b'.repeat(40)
const TARGET = { repository: 'website', environment: 'production', commit: A, tag: 'v1' }
const CONTENT: Plan = {
  features: [{ path: 'deploy.feature', sha256: 'x', hosts: ['web1', 'web2', 'web3'] }],
  environment: 'production',
  fleet: 'mcollective at mq',
  parameters: { tag: 'v1' },
  hosts: ['web1', 'web2', 'web3'],
  lines: [
    {
      at: 'deploy.feature:9',
      text: 'When I deploy the tag',
      hosts: [
        { seen: 'tag: none → v1', passed: true, changes: true, affectsOthers: true, hosts: ['web1', 'web2'] },
        { seen: '<img src=x>', passed: true, changes: true, affectsOthers: true, hosts: ['web3'] },
      ],
    },
  ],
  passes: true,
}
const PAGE = '/pipeline/website/plans/p1'
const POLICY = `everybody may look in every environment
anna may plan and approve in production
bert may plan and approve in production
carl may approve in test
dora may approve in production`

describe('a plan of the pipeline on its page', () => {
  let stand: ConsoleStand
  let pipeline: OpenPipeline
  let end: AbortController
  let running: Promise<void>
  let name: string

  beforeEach(async () => {
    stand = await new ConsoleStand().addPeople('anna', 'bert', 'carl', 'dora')
    stand.policy.content = policyOf(parsePolicy('policy', POLICY, ['test', 'production']))
    pipeline = openPipeline(stand.scratch.path, { expectOwned: () => {}, release: async () => {} }, () =>
      stand.clock.now(),
    )
    end = new AbortController()
    const reports = join(stand.scratch.path, 'pipeline', 'runs', 'p1')
    name = writePlan(CONTENT, { at: 'x', by: 'x', run: 'p1' }, reports).id
    await add(fetched(A, 'v1', 'production'))
    await add([
      { type: 'plan asked for', repository: 'website', environment: 'production', by: 'anna (console)' },
    ])
    await add(planned(TARGET, 'p1', { result: 'succeeded', plan: name, hosts: HOSTS, changes: 3, why: null }))
  })
  afterEach(async () => {
    end.abort()
    await running
    await pipeline.close()
    await stand.close()
  })

  const add = async (events: readonly PipelineEvent[]) => {
    for (const event of events) await pipeline.append(event)
  }
  const open = (approvalIn: ApprovalIn = () => 'another person') => {
    const repositories = [
      {
        name: 'website',
        deploys: [
          {
            environment: 'production',
            feature: 'deploy.feature',
            variable: 'tag',
            within: 1,
            approval: 'person',
          },
        ],
      },
    ] as unknown as RepositorySettings[]
    const desk = new PlanDesk({ repositories }, () => true)
    running = desk.part.run({ pipeline, signal: end.signal } as PartContext)
    const state = new ConsoleState({
      state: stand.scratch.path,
      history: new FollowedHistory(join(stand.scratch.path, 'history'), () => undefined),
      sharing: undefined,
      environments: ['test', 'production'],
      repositories: new Map(),
      inventoryOf: () => [],
      locks: async () => [],
      spools: () => ({ account: undefined, announcements: undefined, revisions: undefined }),
      takesTag: () => true,
      servedOn: () => 'control1',
      isAlive: () => true,
      now: () => stand.clock.now(),
    })
    const own = { state, plans: desk, approvalIn, rights: rightsBy(stand.policy) }
    return stand.open({ acts: planActs(own).map(formOf), routes: planRoutes(own) })
  }
  const approvals = () => pipeline.state.deploys.plan('p1')?.approved

  it('shows all that it binds, and is approved by another person than the one who asked for it', async () => {
    const bert = await stand.browserOf('bert', open())
    const shown = await (await bert.ask(PAGE)).text()
    for (const each of [name, 'deploy.feature', 'web[1-2]', 'tag: none → v1', '&lt;img src=x&gt;', 'v1'])
      expect(shown).to.contain(each)
    expect(shown).to.contain('Approve exactly this plan')
    const answer = await bert.send(PAGE, `${PAGE}/approve`, { plan: name })
    expect([answer.status, answer.headers.get('location')]).to.deep.equal([303, PAGE])
    expect(approvals()?.by).to.equal('bert (console)')
    expect(await (await bert.ask(PAGE)).text()).not.to.contain('<button>Approve')
    expect(stand.audited.at(-1)).to.deep.include({
      type: 'acted',
      person: 'bert',
      act: 'approve a plan',
      what: `the plan ${name} of run p1 for production`,
    })
  })

  it('is not approved by who asked for it, unless the configuration lets anybody', async () => {
    const app = open()
    const anna = await stand.browserOf('anna', app)
    expect(await (await anna.ask(PAGE)).text()).to.contain('and not by you: anna asked for this plan')
    const answer = await anna.send(PAGE, `${PAGE}/approve`, { plan: name })
    expect(answer.status).to.equal(403)
    expect(approvals()).to.equal(undefined)
  })

  it('is approved by who asked for it where the configuration lets anybody', async () => {
    const anna = await stand.browserOf(
      'anna',
      open(() => 'anybody'),
    )
    expect((await anna.send(PAGE, `${PAGE}/approve`, { plan: name })).status).to.equal(303)
    expect(approvals()?.by).to.equal('anna (console)')
  })

  it('says once it is approved what becomes of it, and loads itself again until its rollout has ended', async () => {
    const bert = await stand.browserOf('bert', open())
    const look = async () => {
      const answer = await bert.ask(PAGE)
      return { text: await answer.text(), isLoadedAgain: answer.headers.has('refresh') }
    }
    expect((await look()).isLoadedAgain).to.equal(false)
    await bert.send(PAGE, `${PAGE}/approve`, { plan: name })
    const approved = await look()
    expect(approved.text)
      .to.contain('Approved by bert (console). Its rollout is started next.')
      .and.not.to.contain('cannot be approved')
    expect(approved.isLoadedAgain).to.equal(true)
    const target = { repository: 'website', environment: 'production', commit: A, tag: 'v1' }
    const rollout = { ...target, run: 'r9' }
    await add([{ type: 'rollout begun', ...rollout, planRun: 'p1', plan: name, machine: 'control1' }])
    expect((await look()).text).to.contain('rolls it out. This page loads itself again.')
    await add([{ type: 'rollout ended', ...rollout, result: 'failed', verdict: 'FAILED', why: 'web2 lied' }])
    const ended = await look()
    expect(ended.text).to.match(/was its rollout: <b>FAILED<\/b>: web2 lied/)
    expect(ended.isLoadedAgain).to.equal(false)
  })

  it('says why it was approved and is not rolled out', async () => {
    const bert = await stand.browserOf('bert', open())
    await bert.send(PAGE, `${PAGE}/approve`, { plan: name })
    await add(fetched(B, 'v2', 'production'))
    expect(await (await bert.ask(PAGE)).text()).to.match(
      /Approved by bert \(console\), and not rolled out: its approval ended unused, .* were to have v2/,
    )
  })

  it('shows whose approval counts no more, and takes that of another person', async () => {
    const app = open(() => 'anybody')
    await (await stand.browserOf('bert', app)).send(PAGE, `${PAGE}/approve`, { plan: name })
    await add([
      { type: 'approval ended', run: 'p1', plan: name, why: 'bert, who approved it, may not', ...TARGET },
    ])
    expect(approvals()).to.equal(undefined)
    const anna = await stand.browserOf('anna', app)
    expect(await (await anna.ask(PAGE)).text()).to.contain('bert, who approved it, may not.')
    expect((await anna.send(PAGE, `${PAGE}/approve`, { plan: name })).status).to.equal(303)
    expect(approvals()?.by).to.equal('anna (console)')
    expect(await (await anna.ask(PAGE)).text()).not.to.contain('bert, who approved it')
  })

  /** Sends an approval with a token of the right path that the page itself did not give. */
  const force = async (person: string, path: string, plan: string) => {
    const browser = await stand.browserOf(person, open())
    const shown = await (await browser.ask(`/forms/${encodeURIComponent(path.slice(1))}`)).text()
    return browser.ask(path, {
      method: 'POST',
      body: new URLSearchParams({ form: tokenIn(shown), plan }).toString(),
    })
  }

  const refusals: [string, string, string, string | undefined, number, RegExp][] = [
    [
      'by a person who may approve elsewhere alone',
      'carl',
      PAGE,
      undefined,
      403,
      /does not allow carl to approve in production/,
    ],
    ['by the person who asked', 'anna', PAGE, undefined, 403, /wants another person/],
    ['under another name', 'bert', PAGE, '0123456789ab', 409, /another name/],
    ['under what is no name', 'bert', PAGE, '../../etc', 422, /not right/],
    ['of another run', 'bert', '/pipeline/website/plans/p2', undefined, 404, /no such plan/],
    ['of another repository', 'bert', '/pipeline/other/plans/p1', undefined, 404, /no such plan/],
    ['by a path', 'bert', '/pipeline/website/plans/..%2f..%2fp1', undefined, 404, /no such plan/],
  ]
  for (const [what, person, path, plan, status, why] of refusals)
    it(`is refused ${what}`, async () => {
      const answer = await force(person, `${path}/approve`, plan ?? name)
      expect(answer.status).to.equal(status)
      expect(await answer.text()).to.match(why)
      expect(approvals()).to.equal(undefined)
    })

  it('is approved once, however often the form is sent', async () => {
    const app = open()
    const [bert, dora] = [await stand.browserOf('bert', app), await stand.browserOf('dora', app)]
    const token = tokenIn(await (await bert.ask(PAGE)).text())
    const body = new URLSearchParams({ form: token, plan: name }).toString()
    const answers = await Promise.all([
      bert.ask(`${PAGE}/approve`, { method: 'POST', body }),
      bert.ask(`${PAGE}/approve`, { method: 'POST', body }),
      dora.send(PAGE, `${PAGE}/approve`, { plan: name }),
    ])
    expect(answers.filter(({ status }) => status === 303)).to.have.length(1)
    expect(pipeline.end.entries).to.be.greaterThan(0)
    const { status } = await force('dora', `${PAGE}/approve`, name)
    expect(status).to.equal(409)
  })

  it('is refused once it is over, with the reason', async () => {
    const bert = await stand.browserOf('bert', open())
    const token = tokenIn(await (await bert.ask(PAGE)).text())
    await add(fetched(B, 'v2', 'production'))
    const body = new URLSearchParams({ form: token, plan: name }).toString()
    const answer = await bert.ask(`${PAGE}/approve`, { method: 'POST', body })
    expect(answer.status).to.equal(409)
    expect(await answer.text()).to.match(/are to have v2/)
  })

  it('cannot be approved where its file was edited', async () => {
    const path = join('pipeline', 'runs', 'p1', 'plans', `${name}.json`)
    const document = {
      schema: 'lockstep/plan/1',
      plan: name,
      made: { at: 'x', by: 'x', run: 'p1' },
      content: { ...CONTENT, hosts: ['db1'] },
    }
    stand.scratch.write(path, JSON.stringify(document))
    const bert = await stand.browserOf('bert', open())
    expect(await (await bert.ask(PAGE)).text())
      .to.contain('was edited')
      .and.not.to.contain('<button>Approve')
    expect((await force('bert', `${PAGE}/approve`, name)).status).to.equal(409)
    expect(approvals()).to.equal(undefined)
  })

  it('is planned again by the wish of a person, who may not approve what comes of it', async () => {
    const bert = await stand.browserOf('bert', open())
    const answer = await force('bert', `${PAGE}/again`, '')
    expect(answer.status, 'a field too many').to.equal(422)
    const shown = await (await bert.ask(PAGE)).text()
    const [, token = ''] =
      /plans\/p1\/again"><input type="hidden" name="form" value="([^"]*)"/.exec(shown) ?? []
    const asked = await bert.ask(`${PAGE}/again`, {
      method: 'POST',
      body: new URLSearchParams({ form: token }).toString(),
    })
    expect(asked.status).to.equal(303)
    await add([
      { type: 'plan begun', run: 'p9', feature: 'sha', code: 'code', approval: 'person', ...TARGET },
    ])
    expect(pipeline.state.deploys.plan('p9')?.askedBy).to.deep.equal(['bert (console)'])
  })
})
