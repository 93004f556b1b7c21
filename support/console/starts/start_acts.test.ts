import { createHash } from 'node:crypto'
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect } from 'chai'
import type { ConsoleApproval } from '../../config/console_setting'
import { parsePolicy, policyOf } from '../../people/policy'
import { writePlan } from '../../planning/plan_file'
import type { Plan } from '../../planning/plan'
import { Starter } from '../../starts/starter'
import { tokenIn, type ConsoleBrowser } from '../../testing/console_browser'
import { ConsoleStand } from '../../testing/console_stand'
import { settled } from '../../testing/fake_clock'
import { rightsBy } from '../../testing/memory_rights'
import { MemoryStartLog } from '../../testing/memory_start_log'
import { MemoryStarts } from '../../testing/memory_starts'
import { formOf } from '../personal_act'
import { startActs } from './start_acts'
import { begunByStarts, startRoutes, waitingStarts } from './start_routes'
import type { StartSources } from './start_sources'

const FEATURE = 'features/deploy.feature'
const POLICY = `everybody may look in every environment
anna may plan, start and approve in every environment
bert may approve in production
carl may plan, start and approve in test
dora may plan in production
dora may start in production`
const CONTENT: Plan = {
  features: [{ path: FEATURE, sha256: 'x', hosts: ['web1', 'web2'] }],
  environment: 'production',
  fleet: 'mcollective at mq',
  parameters: { version: '2' },
  hosts: ['web1', 'web2'],
  lines: [
    {
      at: `${FEATURE}:3`,
      text: 'When I update the package mywebapp',
      hosts: [
        {
          seen: 'mywebapp: 1 → 2',
          passed: true,
          changes: true,
          affectsOthers: true,
          hosts: ['web1', 'web2'],
        },
      ],
    },
  ],
  passes: true,
}

describe('the pages of starts', () => {
  let stand: ConsoleStand
  let commands: MemoryStarts
  let end: AbortController
  let work: Promise<void>
  let starter: Starter
  let approval: ConsoleApproval
  let app: ReturnType<ConsoleStand['open']>
  let plan = ''

  beforeEach(async () => {
    stand = await new ConsoleStand().addPeople('anna', 'bert', 'carl', 'dora', 'emil')
    stand.policy.content = policyOf(parsePolicy('policy', POLICY, ['test', 'production']))
    stand.scratch.write(FEATURE, 'Feature: x\n  Scenario: y\n    When I update <package> to <version>\n')
    stand.scratch.write('features/--require.feature', 'Feature: x\n')
    mkdirSync(join(stand.scratch.path, 'runs'))
    approval = 'another person'
    commands = new MemoryStarts()
    commands.outcome = (step, { run }) => {
      if (step !== 'plan') return { result: 'succeeded', why: null, plan: null, hosts: 0, changes: 0 }
      plan = writePlan(CONTENT, { at: 'x', by: 'x', run }, join(stand.scratch.path, 'runs', run)).id
      return { result: 'succeeded', why: null, plan, hosts: 2, changes: 2 }
    }
    starter = new Starter({ log: new MemoryStartLog(), commands, clock: stand.clock })
    end = new AbortController()
    work = starter.work(end.signal)
    const sources: StartSources = {
      folder: stand.scratch.path,
      features: ['features/*.feature'],
      environments: ['test', 'production'],
      approvalIn: () => approval,
      rights: rightsBy(stand.policy),
      variablesOf: () =>
        new Map([
          ['package', 'plain'],
          ['password', 'secret'],
        ]),
      runs: join(stand.scratch.path, 'runs'),
      desk: { starter, fault: undefined },
      now: () => stand.clock.now(),
    }
    app = stand.open({ acts: startActs(sources).map(formOf), routes: startRoutes(sources) })
  })
  afterEach(async () => {
    end.abort()
    await work
    await stand.close()
  })

  const FORM = `/start?feature=${encodeURIComponent(FEATURE)}&environment=production`
  const WISH = { feature: FEATURE, environment: 'production', 'value.version': '2' }
  /** Sends a form with a token of its path that no page gave, as a hostile browser could. */
  const force = async (browser: ConsoleBrowser, path: string, fields: Record<string, string>) => {
    const shown = await (await browser.ask(`/forms/${encodeURIComponent(path.slice(1))}`)).text()
    const body = new URLSearchParams({ form: tokenIn(shown), ...fields }).toString()
    return browser.ask(path, { method: 'POST', body })
  }
  const planned = async () => {
    await settled()
    return starter.starts.at(-1) ?? expect.fail('nothing was started')
  }
  const startBy = async (name: string) => {
    const browser = await stand.browserOf(name, app)
    const answer = await browser.send(FORM, '/starts', WISH)
    expect(answer.status).to.equal(303)
    const start = await planned()
    return { browser, at: `/starts/${start.id}`, start }
  }

  it('begin with a form that has a field for each variable, and lead to the plan', async () => {
    const { browser, at, start } = await startBy('anna')
    const form = await (await browser.ask(FORM)).text()
    expect(form).to.contain('name="value.version"').and.to.contain('package (empty: as production has it)')
    expect(start.variables).to.deep.equal({ version: '2' })
    const shown = await (await browser.ask(at)).text()
    expect(shown).to.contain('web[1-2]').and.to.contain('mywebapp: 1 → 2').and.to.contain(plan)
    expect(shown).not.to.contain('<button>Approve')
    const bert = await stand.browserOf('bert', app)
    expect(await (await bert.ask(at)).text()).to.contain('<button>Approve exactly this plan</button>')
    expect((await bert.send(at, `${at}/approve`, { plan })).status).to.equal(303)
    expect(await (await bert.ask(at)).text()).not.to.contain('<button>Start the rollout')
    expect(await (await browser.ask(at)).text()).to.contain('<button>Start the rollout</button>')
    expect((await browser.send(at, `${at}/roll-out`, { plan })).status).to.equal(303)
    expect(commands.started).to.have.length(1)
    const acted = stand.audited.flatMap((event) =>
      event.type === 'acted' ? [[event.person, event.act]] : [],
    )
    expect(acted).to.deep.equal([
      ['anna', 'plan a start'],
      ['bert', 'approve a start'],
      ['anna', 'start a rollout'],
    ])
    const list = await (await browser.ask('/starts')).text()
    expect(list).to.contain(FEATURE).and.to.contain('asked for by anna')
  })

  it('tell which rollouts were begun, by whom, and which of them are over', async () => {
    let end: () => void = () => {}
    commands.onWait = () => new Promise<void>((resolve) => (end = resolve))
    const { browser, at } = await startBy('anna')
    const begun = () => begunByStarts({ desk: { starter, fault: undefined } })
    expect(begun()).to.deep.equal([])
    await (await stand.browserOf('bert', app)).send(at, `${at}/approve`, { plan })
    await browser.send(at, `${at}/roll-out`, { plan })
    await settled()
    const [one, ...others] = begun()
    expect(others).to.deep.equal([])
    expect(one).to.include({
      run: commands.started[0]?.run,
      at,
      name: FEATURE,
      environment: 'production',
      by: 'anna',
      machine: 'a',
      isOver: false,
    })
    commands.endOf = () => ({ result: 'failed', verdict: null, why: 'it did not begin' })
    end()
    await settled()
    expect(begun().map(({ isOver }) => isOver)).to.deep.equal([true])
  })

  it('show the text of the feature that was planned, and none that came after it', async () => {
    const text = 'Feature: x\n  Scenario: y\n    Given at least 50% of the pool must stay in service\n'
    stand.scratch.write(FEATURE, text)
    commands.now = { sha256: createHash('sha256').update(text).digest('hex'), code: 'code' }
    const browser = await stand.browserOf('anna', app)
    expect(
      (await force(browser, '/starts', { feature: FEATURE, environment: 'production' })).status,
    ).to.equal(303)
    const at = `/starts/${(await planned()).id}`
    const bert = await stand.browserOf('bert', app)
    expect(await (await bert.ask(at)).text()).to.contain('at least 50% of the pool must stay in service')
    stand.scratch.write(FEATURE, text.replace('50%', '10%'))
    expect(await (await bert.ask(at)).text()).not.to.match(/at least [15]0% of the pool/)
  })

  it('take no yes to a plan that was edited, and begin nothing by it', async () => {
    const { at, start } = await startBy('anna')
    const file = join(stand.scratch.path, 'runs', start.steps[2]?.run ?? '', 'plans', `${plan}.json`)
    const content = readFileSync(file, 'utf8')
    const bert = await stand.browserOf('bert', app)
    writeFileSync(file, content.replaceAll('web2', 'web9'))
    const refused = await force(bert, `${at}/approve`, { plan })
    expect(refused.status).to.equal(409)
    expect(await refused.text()).to.match(/the plan cannot be read: .* is not what was planned/i)
    expect(starter.starts[0]?.approved).to.equal(undefined)
    writeFileSync(file, content)
    expect((await force(bert, `${at}/approve`, { plan })).status).to.equal(303)
    writeFileSync(file, content.replaceAll('web2', 'web9'))
    expect((await force(await stand.browserOf('anna', app), `${at}/roll-out`, { plan })).status).to.equal(409)
    expect(commands.started).to.deep.equal([])
  })

  it('wait for no one in lists either, once the feature was changed', async () => {
    const { browser } = await startBy('anna')
    const waiting = () =>
      waitingStarts({
        desk: { starter, fault: undefined },
        approvalIn: () => approval,
        rights: rightsBy(stand.policy),
      })
    expect(waiting().map(({ waits }) => waits)).to.deep.equal(['waits for approval, not by anna'])
    expect(await (await browser.ask('/starts')).text()).to.contain('waits for approval, not by anna')
    commands.now = { sha256: 'other', code: 'code' }
    expect(waiting()).to.deep.equal([])
    expect(await (await browser.ask('/starts')).text()).to.contain('✘ has to be planned again')
  })

  it('choose the feature and the environment where there is one of each, and begin nothing by it', async () => {
    const anna = await stand.browserOf('anna', app)
    const two = await (await anna.ask('/start')).text()
    expect(two).to.contain('<button>Choose').and.not.to.contain('Lint, rehearse and plan')
    const dora = await stand.browserOf('dora', app)
    const one = await (await dora.ask('/start')).text()
    expect(one).to.contain(`<option value="${FEATURE}" selected>`)
    expect(one).to.contain('<option value="production" selected>').and.to.contain('Lint, rehearse and plan')
    expect(starter.starts).to.deep.equal([])
    stand.scratch.write('features/other.feature', 'Feature: x\n')
    expect(await (await dora.ask('/start')).text()).not.to.contain('Lint, rehearse and plan')
  })

  it('say where a list has more features than are offered, and take each of them', async () => {
    for (let each = 0; each < 501; each += 1) stand.scratch.write(`features/x${each}.feature`, 'Feature: x\n')
    const browser = await stand.browserOf('anna', app)
    expect(await (await browser.ask('/start')).text()).to.contain('names 502 features, and the first 500')
    const wish = { feature: 'features/x99.feature', environment: 'production' }
    expect((await force(browser, '/starts', wish)).status).to.equal(303)
  })

  const hostile: [string, Record<string, string>, number, RegExp][] = [
    ['a path', { feature: '../../etc/passwd' }, 404, /names no such feature/i],
    ['a feature that is an option', { feature: 'features/--require.feature' }, 404, /names no such feature/i],
    ['an option', { feature: '--require' }, 404, /names no such feature/i],
    ['an unknown environment', { environment: 'prod' }, 404, /no such environment/i],
    ['a variable of Node', { 'value.NODE_OPTIONS': '--require=x' }, 422, /has no variable for/i],
    ['a variable of Lockstep', { 'value.LOCKSTEP_SAFE_MODE': 'off' }, 422, /has no variable for/i],
    ['a field that is none', { plan: '0123456789ab' }, 422, /has no variable for/i],
    ['a value of two lines', { 'value.version': '2\n--plan x' }, 422, /not one line/],
    ['a value with a control sign', { 'value.version': '2\u0000' }, 422, /not one line/],
    ['a value that names a secret', { 'value.version': '<password>' }, 422, /names another variable/],
    ['a value that is too long', { 'value.version': 'x'.repeat(1_001) }, 422, /more than 1000 characters/],
    ['no value where one is needed', { 'value.version': ' ' }, 422, /has no value/],
    ['a release that is an option', { release: '--plan' }, 422, /the release/i],
    ['a ticket that is none', { ticket: 'OPS-1 --plan=x' }, 422, /the ticket/i],
    ['a limit that is an option', { limit: '--limit' }, 422, /the limit/i],
    ['a limit that names nothing', { limit: 'web[1-' }, 422, /the limit/i],
  ]
  for (const [what, fields, status, why] of hostile)
    it(`take nothing with ${what}`, async () => {
      const browser = await stand.browserOf('anna', app)
      const answer = await force(browser, '/starts', { ...WISH, ...fields })
      expect(answer.status).to.equal(status)
      expect(await answer.text()).to.match(why)
      expect(starter.starts).to.deep.equal([])
    })

  it('take a value as one word, whatever it looks like', async () => {
    const browser = await stand.browserOf('anna', app)
    const value = `--plan=x;$(reboot) 'a',"b" \\, =`
    expect((await force(browser, '/starts', { ...WISH, 'value.version': value })).status).to.equal(303)
    expect(starter.starts[0]?.variables).to.deep.equal({ version: value })
  })

  for (const [person, why] of [
    ['bert', /does not allow bert to plan in production/],
    ['carl', /does not allow carl to plan in production/],
  ] as const)
    it(`take nothing from ${person}, who may not plan there`, async () => {
      const answer = await force(await stand.browserOf(person, app), '/starts', WISH)
      expect(answer.status).to.equal(403)
      expect(await answer.text()).to.match(why)
      expect(starter.starts).to.deep.equal([])
    })

  const refusals: [string, string, 'approve' | 'roll-out', (known: string) => string, number, RegExp][] = [
    ['who asked for it', 'anna', 'approve', (known) => known, 409, /anna asked for it/i],
    ['who may not approve there', 'carl', 'approve', (known) => known, 403, /does not allow carl/],
    ['under another name', 'bert', 'approve', () => 'fedcba987654', 409, /another name/i],
    ['under what is no name', 'bert', 'approve', () => '../x', 422, /not right/],
    ['who may not start there', 'bert', 'roll-out', (known) => known, 403, /does not allow bert to start/],
    [
      'before its approval',
      'anna',
      'roll-out',
      (known) => known,
      409,
      /waits for the approval of another person/i,
    ],
  ]
  for (const [what, person, act, nameOf, status, why] of refusals)
    it(`refuse to ${act} by a person: ${what}`, async () => {
      const { at } = await startBy('anna')
      const answer = await force(await stand.browserOf(person, app), `${at}/${act}`, { plan: nameOf(plan) })
      expect(answer.status).to.equal(status)
      expect(await answer.text()).to.match(why)
      expect(starter.starts[0]?.approved).to.equal(undefined)
      expect(commands.started).to.deep.equal([])
    })

  it('begin one rollout, however often and by whom its form is sent', async () => {
    const { browser, at } = await startBy('anna')
    const [bert, dora] = [await stand.browserOf('bert', app), await stand.browserOf('dora', app)]
    await bert.send(at, `${at}/approve`, { plan })
    const token = tokenIn(await (await browser.ask(at)).text())
    const body = new URLSearchParams({ form: token, plan }).toString()
    const answers = await Promise.all([
      browser.ask(`${at}/roll-out`, { method: 'POST', body }),
      browser.ask(`${at}/roll-out`, { method: 'POST', body }),
      dora.send(at, `${at}/roll-out`, { plan }),
      force(dora, `${at}/roll-out`, { plan }),
    ])
    expect(answers.filter(({ status }) => status === 303)).to.have.length(1)
    expect(commands.started).to.have.length(1)
    expect((await force(browser, `${at}/roll-out`, { plan })).status).to.equal(409)
  })

  it('need no approval where the configuration says so, and need it again once it does not', async () => {
    approval = 'none'
    const { browser, at } = await startBy('dora')
    expect(await (await browser.ask(at)).text()).to.contain('<button>Start the rollout</button>')
    approval = 'another person'
    expect((await force(browser, `${at}/roll-out`, { plan })).status).to.equal(409)
    approval = 'none'
    expect((await browser.send(at, `${at}/roll-out`, { plan })).status).to.equal(303)
  })

  it('let who asked for it approve where anybody may, and not after that is changed', async () => {
    approval = 'anybody'
    const { browser, at } = await startBy('anna')
    expect((await browser.send(at, `${at}/approve`, { plan })).status).to.equal(303)
    approval = 'another person'
    const answer = await force(browser, `${at}/roll-out`, { plan })
    expect(answer.status).to.equal(409)
    expect(await answer.text()).to.match(/another person by now/i)
  })

  it('refuse what was changed since, and say so', async () => {
    const { browser, at } = await startBy('anna')
    const bert = await stand.browserOf('bert', app)
    await bert.send(at, `${at}/approve`, { plan })
    commands.now = { sha256: 'other', code: 'code' }
    expect(await (await browser.ask(at)).text()).to.contain('was changed since it was planned')
    expect((await force(browser, `${at}/roll-out`, { plan })).status).to.equal(409)
    expect(commands.started).to.deep.equal([])
  })

  it('show nothing to who may not look', async () => {
    const { at } = await startBy('anna')
    stand.policy.content = policyOf(parsePolicy('policy', 'emil may look in test', ['test', 'production']))
    const emil = await stand.browserOf('emil', app)
    expect((await emil.ask(at)).status).to.equal(404)
    expect(await (await emil.ask('/starts')).text()).not.to.contain('deploy.feature')
    expect((await force(emil, `${at}/approve`, { plan })).status).to.equal(404)
  })

  const policyOfNow = (text: string) =>
    (stand.policy.content = policyOf(parsePolicy('policy', text, ['test', 'production'])))

  it('take no yes for one whose person may not approve any more, and say who it is', async () => {
    const { browser, at } = await startBy('anna')
    const bert = await stand.browserOf('bert', app)
    await bert.send(at, `${at}/approve`, { plan })
    policyOfNow(POLICY.replace('bert may', 'emil may'))
    const sentence = 'bert, who approved it, may not approve in production any more; another person has to'
    const shown = await (await browser.ask(at)).text()
    expect(shown).to.contain(sentence).and.not.to.contain('✔ Approved').and.not.to.contain('<button>Start')
    expect(shown).to.contain('waits for approval, not by anna')
    expect(await (await browser.ask('/starts')).text()).to.contain('waits for approval, not by anna')
    const answer = await force(browser, `${at}/roll-out`, { plan })
    expect(answer.status).to.equal(409)
    expect(await answer.text()).to.contain(sentence.slice(1))
    const emil = await stand.browserOf('emil', app)
    expect((await emil.send(at, `${at}/approve`, { plan })).status).to.equal(303)
    expect((await browser.send(at, `${at}/roll-out`, { plan })).status).to.equal(303)
    expect(commands.started).to.have.length(1)
    expect(starter.starts[0]?.rollout?.approvedBy).to.equal('emil')
  })

  it('begin nothing for a person who may not start any more', async () => {
    const { browser, at } = await startBy('anna')
    await (await stand.browserOf('bert', app)).send(at, `${at}/approve`, { plan })
    policyOfNow(POLICY.replace('anna may plan, start', 'anna may plan'))
    expect((await force(browser, `${at}/roll-out`, { plan })).status).to.equal(403)
    expect(commands.started).to.deep.equal([])
  })

  for (const [who, status] of [
    ['anna', 303],
    ['dora', 303],
    ['bert', 403],
    ['carl', 403],
  ] as const)
    it(`are ${status === 303 ? '' : 'not '}withdrawn by ${who}`, async () => {
      const { browser, at } = await startBy('anna')
      const person = await stand.browserOf(who, app)
      expect((await (await person.ask(at)).text()).includes('<button>Withdraw')).to.equal(status === 303)
      const bert = await stand.browserOf('bert', app)
      await bert.send(at, `${at}/approve`, { plan })
      expect((await force(person, `${at}/withdraw`, {})).status).to.equal(status)
      expect(starter.starts[0]?.withdrawn?.by).to.equal(status === 303 ? who : undefined)
      if (status !== 303) return
      const shown = await (await browser.ask(at)).text()
      expect(shown).to.contain(`It was withdrawn by ${who} at`).and.to.contain(`✘ withdrawn by ${who}`)
      expect(shown).not.to.match(/<button>(Start|Approve|Withdraw)/)
      expect((await force(bert, `${at}/approve`, { plan })).status).to.equal(409)
      const refused = await force(browser, `${at}/roll-out`, { plan })
      expect(refused.status).to.equal(409)
      expect(await refused.text()).to.match(/was withdrawn by/)
      expect((await force(person, `${at}/withdraw`, {})).status).to.equal(409)
      expect(commands.started).to.deep.equal([])
      expect(stand.audited.filter((event) => event.type === 'acted').at(-1)).to.include({
        person: who,
        act: 'withdraw a start',
        what: `${starter.starts[0]?.id} for production`,
      })
    })

  it('are not withdrawn by a person whose name differs from that of who asked in capitals alone', async () => {
    await stand.addPeople('Anna')
    policyOfNow(`${POLICY}\nAnna may look in production`)
    const { at } = await startBy('anna')
    expect((await force(await stand.browserOf('Anna', app), `${at}/withdraw`, {})).status).to.equal(403)
  })
})
