import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { expect } from 'chai'
import { LookFiles } from '../../looks/look_files'
import { Looks } from '../../looks/looks'
import { parsePolicy, policyOf } from '../../people/policy'
import { Starter } from '../../starts/starter'
import { tokenIn, type ConsoleBrowser } from '../../testing/console_browser'
import { ConsoleStand } from '../../testing/console_stand'
import { settled } from '../../testing/fake_clock'
import { aDriftAnswer, aTagsAnswer, MemoryLooks } from '../../testing/memory_looks'
import { MemoryRights } from '../../testing/memory_rights'
import { MemoryStartLog } from '../../testing/memory_start_log'
import { MemoryStarts } from '../../testing/memory_starts'
import { answerPage } from '../page'
import { driftNow, lookForDrift } from '../looks/drift_now'
import { lookRoutes } from '../looks/look_routes'
import { formOf } from '../personal_act'
import { startActs } from './start_acts'
import { startRoutes } from './start_routes'
import type { StartSources } from './start_sources'

const FEATURE = 'features/website.feature'
const TEXT = `Feature: x
  Background:
    Given I want to update hosts with class roles::web
    And the repository website
    And the tag <tag>
  Scenario: y
    When I deploy the tag
    Then the deployed tag should be <tag>
`
const POLICY = `everybody may look in test
anna may look and plan in every environment`
const FORM = `/start?feature=${encodeURIComponent(FEATURE)}&environment=test`

describe('what hosts say when a person asks from a page', () => {
  let stand: ConsoleStand
  let commands: MemoryLooks
  let looks: Looks
  let starter: Starter
  let end: AbortController
  let works: Promise<unknown>[]
  let app: ReturnType<ConsoleStand['open']>
  let anna: ConsoleBrowser
  let pushed: string[]
  beforeEach(async () => {
    stand = await new ConsoleStand().addPeople('anna', 'bert')
    stand.policy.content = policyOf(parsePolicy('policy', POLICY, ['test', 'production']))
    stand.scratch.write(FEATURE, TEXT)
    stand.scratch.write(
      'features/package.feature',
      'Feature: x\n  Scenario: y\n    When I update the package <name>\n',
    )
    mkdirSync(join(stand.scratch.path, 'runs'))
    end = new AbortController()
    commands = new MemoryLooks()
    looks = new Looks(new LookFiles(stand.scratch.path), commands, stand.clock)
    starter = new Starter({ log: new MemoryStartLog(), commands: new MemoryStarts(), clock: stand.clock })
    works = [looks.work(end.signal), starter.work(end.signal)]
    pushed = []
    const sources: StartSources = {
      folder: stand.scratch.path,
      features: ['features/*.feature'],
      environments: ['test', 'production'],
      approvalIn: () => 'none',
      variablesOf: () => new Map(),
      runs: join(stand.scratch.path, 'runs'),
      desk: { starter, fault: undefined },
      now: () => stand.clock.now(),
      rights: new MemoryRights(),
      tags: { desk: { looks }, takesTag: (tag) => /^[a-z0-9][a-z0-9.]*$/.test(tag), pushed: () => pushed },
    }
    const drift = {
      desk: { looks },
      environments: sources.environments,
      hasRelease: (_: string, release: string) => release === '4.2',
    }
    app = stand.open({
      acts: [...startActs(sources), lookForDrift(drift)].map(formOf),
      routes: [
        ...startRoutes(sources),
        ...lookRoutes({ looks }),
        {
          path: '/release/:environment',
          answer: (request) =>
            answerPage({
              title: 'A release',
              body: driftNow(drift, request, { environment: request.param('environment'), release: '4.2' }),
            }),
        },
      ],
    })
    anna = await stand.browserOf('anna', app)
  })
  afterEach(async () => {
    end.abort()
    await Promise.all(works)
    await stand.close()
  })

  const textOf = async (browser: ConsoleBrowser, path: string) =>
    (await (await browser.ask(path)).text()).replace(/<[^>]*>/g, ' ').replace(/\s+/g, ' ')
  /** Sends a form with a token of its path that no page gave, as a hostile browser could. */
  const force = async (browser: ConsoleBrowser, path: string, fields: Record<string, string>) => {
    const shown = await (await browser.ask(`/forms/${encodeURIComponent(path.slice(1))}`)).text()
    const body = new URLSearchParams({ form: tokenIn(shown), ...fields }).toString()
    return browser.ask(path, { method: 'POST', body })
  }
  const asking = { feature: FEATURE, environment: 'test', tag: '' }
  const answered = async (answer = aTagsAnswer(), tag = '') => {
    const { status } = await force(anna, '/tags', { ...asking, tag })
    expect(status).to.equal(303)
    const look = commands.asked.at(-1) ?? expect.fail('nothing was asked')
    commands.answer(look.id, answer)
    await settled()
    return look
  }

  it('is each tag with the hosts that have it, its time, and those that are silent by name', async () => {
    const look = await answered()
    expect(look.wanted).to.deep.equal({
      kind: 'tags',
      feature: FEATURE,
      repository: 'website',
      classes: ['roles::web'],
      facts: [],
      tag: null,
    })
    const form = await textOf(anna, FORM)
    expect(form).to.match(/v2 on 2 of 4 hosts at c{12} as of .* UTC not on web3 not known of web4/)
    expect(form).to.match(/v1 on 3 of 4 hosts .* UTC not known of web4/)
    expect(form)
      .to.match(/Not known of 1 host: web4 : silent/)
      .and.contain('asked by anna')
    const page = await textOf(anna, `/looks/${look.id}`)
    expect(page)
      .to.match(/lacking on 1 host: web3/)
      .and.match(/not known of 1 host: web4/)
    const acted = stand.audited.filter(({ type }) => type === 'acted')
    const what = `tags of website for ${FEATURE} in test`
    expect(acted).to.have.length(1)
    expect(acted[0]).to.include({ person: 'anna', act: 'ask for tags', what })
  })

  it('is no count before hosts are asked, nor of hosts that were asked for another tag', async () => {
    pushed = ['v9']
    expect(await textOf(anna, FORM))
      .to.match(/v9 hosts were not asked for it/)
      .and.not.match(/on \d+ of/)
    const one = { tag: 'v9', commits: [], lack: ['web1', 'web2', 'web3'], notTold: [] }
    const look = await answered({ ...aTagsAnswer(), count: 1, tags: [one] }, 'v9')
    expect(await textOf(anna, FORM)).to.match(/v9 on 0 of 4 hosts/)
    expect(await textOf(anna, `/looks/${look.id}?find=v1`)).not.to.match(/v1 on/)
  })

  it('is not known of a tag that a list is too short for', async () => {
    pushed = ['v0']
    await answered({ ...aTagsAnswer(), count: 700 })
    expect(await textOf(anna, FORM)).to.match(/v0 hosts were not asked for it/)
  })

  it('is the newest answer of each tag, and an older one stays when a look fails', async () => {
    await answered()
    const everywhere = {
      tag: 'v2',
      commits: [{ commit: 'd'.repeat(40), hosts: aTagsAnswer().hosts }],
      lack: [],
      notTold: [],
    }
    await answered({ ...aTagsAnswer(), unknown: [], count: 1, tags: [everywhere] }, 'v2')
    expect(await textOf(anna, FORM)).to.match(/v2 on 4 of 4 hosts at d{12}/)
    expect((await force(anna, '/tags', asking)).status).to.equal(303)
    commands.answer(commands.asked.at(-1)?.id ?? '', { why: 'the broker is away' })
    await settled()
    expect(await textOf(anna, FORM))
      .to.match(/could not be asked .*: the broker is away/)
      .and.match(/v1 on 3 of 4/)
  })

  it('is not good where hosts have a tag at two commits', async () => {
    const [first, second] = ['a'.repeat(40), 'b'.repeat(40)]
    const commits = [
      { commit: first, hosts: ['web1', 'web2', 'web3'] },
      { commit: second, hosts: ['web4'] },
    ]
    const look = await answered({
      ...aTagsAnswer(),
      unknown: [],
      count: 1,
      tags: [{ tag: 'v2', commits, lack: [], notTold: [] }],
    })
    const page = await (await anna.ask(`/looks/${look.id}`)).text()
    expect(page).to.contain('<span class="mark warn">on 4 of 4 hosts, at 2 commits</span>')
    expect(page).to.match(/at b{12} on <b>/)
  })

  it('is chosen or typed as the value of the variable, and nothing else', async () => {
    await answered()
    const wish = { feature: FEATURE, environment: 'test' }
    const send = (fields: Record<string, string>) => force(anna, '/starts', { ...wish, ...fields })
    for (const [fields, why] of [
      [{ 'offered.tag': '', 'value.tag': '--require' }, /no tag that hosts take/],
      [{ 'offered.tag': '--require', 'value.tag': '' }, /no tag that hosts take/],
      [{ 'offered.tag': 'v1', 'value.tag': 'v2' }, /chosen and typed/],
      [{ 'offered.other': 'v1', 'value.tag': 'v1' }, /has no variable for/],
      [{ 'offered.tag': '', 'value.tag': '' }, /has no value/],
      [{ 'value.tag': 'v1 --var x' }, /no tag that hosts take/],
    ] as const) {
      const refusal = await send(fields)
      expect(refusal.status).to.equal(422)
      expect(await refusal.text()).to.match(why)
    }
    expect(starter.starts).to.deep.equal([])
    expect((await send({ 'offered.tag': 'v2', 'value.tag': '' })).status).to.equal(303)
    expect((await send({ 'offered.tag': '', 'value.tag': 'v7' })).status).to.equal(303)
    await settled()
    expect(starter.starts.map(({ variables }) => variables)).to.deep.equal([{ tag: 'v2' }, { tag: 'v7' }])
    expect(await textOf(anna, `/starts/${starter.starts[0]?.id}`)).to.match(
      /tag v2 on 2 of 4 hosts .* not on web3 not known of web4 ; the plan asks each host itself/,
    )
  })

  it('has a link choose a tag, and never one that hosts do not take', async () => {
    await answered()
    expect(await (await anna.ask(`${FORM}&tag=v2`)).text()).to.contain('value="v2" checked')
    expect(await (await anna.ask(`${FORM}&tag=v7`)).text()).to.contain('value="v7" maxlength')
    expect(await (await anna.ask(`${FORM}&tag=${encodeURIComponent('"><b>--x')}`)).text()).not.to.contain(
      '--x',
    )
  })

  it('is asked for by people who may plan there, once at a time', async () => {
    const bert = await stand.browserOf('bert', app)
    expect((await force(bert, '/tags', asking)).status).to.equal(403)
    expect((await force(bert, '/tags', { ...asking, environment: 'production' })).status).to.equal(404)
    expect((await force(bert, '/drift', { environment: 'test', release: '4.2' })).status).to.equal(403)
    for (const [fields, status] of [
      [{ ...asking, feature: '../secret.feature' }, 404],
      [{ ...asking, feature: 'features/package.feature' }, 422],
      [{ ...asking, tag: '--json' }, 422],
      [{ ...asking, more: 'x' }, 422],
    ] as const)
      expect((await force(anna, '/tags', fields)).status).to.equal(status)
    expect(commands.asked).to.deep.equal([])
    expect((await force(anna, '/tags', asking)).status).to.equal(303)
    expect((await force(anna, '/drift', { environment: 'test', release: '4.2' })).status).to.equal(409)
    expect(commands.asked).to.have.length(1)
  })

  it('is the drift of a release, with who asked and when; others who may look see it too', async () => {
    const bert = await stand.browserOf('bert', app)
    expect((await force(anna, '/drift', { environment: 'test', release: 'none' })).status).to.equal(404)
    const begun = await force(anna, '/drift', { environment: 'test', release: '4.2' })
    const at = begun.headers.get('location') ?? ''
    const under = await anna.ask(at)
    expect(under.headers.get('refresh')).to.equal('3')
    expect(await under.text()).to.contain('Hosts are being asked now')
    commands.answer(commands.asked.at(-1)?.id ?? '', aDriftAnswer())
    await settled()
    for (const browser of [anna, bert])
      for (const path of [at, '/release/test'])
        expect(await textOf(browser, path)).to.match(
          /✘ no longer passes .*no longer passes on 1 of 4 hosts: web3 web3 : serves v1.* As of .* UTC , asked by anna/,
        )
    expect((await anna.ask(at)).headers.get('refresh')).to.equal(null)
    expect(await textOf(anna, '/release/test')).to.contain('Look for drift now')
    expect(await textOf(bert, '/release/test')).not.to.contain('Look for drift now')
    expect((await bert.ask('/looks/none')).status).to.equal(404)
  })

  it('is not to be seen by people who may not look there', async () => {
    const feature = { ...asking, environment: 'production' }
    expect((await force(anna, '/tags', feature)).status).to.equal(303)
    const id = commands.asked.at(-1)?.id ?? ''
    const bert = await stand.browserOf('bert', app)
    expect((await bert.ask(`/looks/${id}`)).status).to.equal(404)
    expect((await anna.ask(`/looks/${id}`)).status).to.equal(200)
  })
})
