import { expect } from 'chai'
import type { PlanOrder, RolloutOrder } from '../pipeline/deployer'
import type { Plan } from '../planning/plan'
import type { Beginning, Run } from '../run/run'
import type { Mode } from '../run/modes'
import { BEGAN } from '../testing/fake_fleet'
import { begunRun, conclude, FEATURE, seen } from '../testing/told_run'
import { LockstepError } from '../system/errors'
import { DEPLOY, judgePlan } from './judge_plan'
import { judgeRollout } from './judge_rollout'

const [A, B] = ['a'.repeat(40), 'b'.repeat(40)]
const PLAN = '0123456789ab'
const TARGET = { repository: 'website', environment: 'test', commit: A, tag: 'v1', feature: FEATURE }
const ORDER: PlanOrder & RolloutOrder = {
  ...TARGET,
  run: 'r',
  variable: 'tag',
  within: 1,
  plan: PLAN,
  planRun: 'p',
  hosts: 1,
  code: 'c0de',
}
const DEPLOYS = [{ line: 4, text: DEPLOY, expression: DEPLOY, values: [] }]
const LOOKS = [{ line: 4, text: 'every host should have the tag', values: [] }]

interface Told {
  mode?: Mode
  more?: Partial<Beginning>
  steps?: typeof DEPLOYS | typeof LOOKS
  commit?: string | undefined
  kept?: string | undefined
  hosts?: Readonly<Record<string, string>>
  /** Called before the run ends. */
  also?: (run: Run) => void
  ends?: boolean
}

function told({ mode = 'live', more, steps = DEPLOYS, also, ends = true, ...rest }: Told = {}) {
  const { commit = A, kept = PLAN, hosts = { web1: 'passed' } } = rest
  const scenario = { uri: FEATURE, scenarioId: '3', name: 'Deploy', tags: [], steps }
  const run = begunRun([scenario], mode, { environment: 'test', ...more })
  void run.stream.append({ ...BEGAN, feature: FEATURE, mode, environment: 'test' })
  if (!('kept' in rest) || rest.kept !== undefined) run.stream.appendNow({ type: 'plan kept', plan: kept })
  if (!('commit' in rest) || rest.commit !== undefined)
    void run.stream.append({ type: 'tag', repository: 'website', tag: 'v1', commit })
  run.beginScenario({ uri: FEATURE, scenarioId: '3' })
  const [step] = steps
  run.beginLine({ uri: FEATURE, scenarioId: '3', line: 4, text: step?.text ?? '' })
  conclude(run, seen(hosts))
  run.endScenario('passed', 1)
  also?.(run)
  if (ends) run.end()
  else run.state.closeUnended()
  return run.state
}

describe('a rollout is said to have succeeded', () => {
  it('where its own journal tells all of it', () => {
    expect(judgeRollout(told(), ORDER)).to.deep.equal({ result: 'succeeded', verdict: 'PASSED', why: null })
  })

  it('in no other case, with the reason', () => {
    const refused = (code: 'locked' | 'gate-closed', why: string) => (run: Run) =>
      run.refuse(new LockstepError(code, why))
    const cases: [Told, RegExp][] = [
      [{ mode: 'noop' }, /Safe mode: nothing was changed/],
      [{ mode: 'embedded' }, /Simulated hosts/],
      [{ mode: 'plan' }, /A plan: nothing was changed/],
      [{ more: { limit: 'web1' } }, /limited to web1/],
      [{ more: { environment: 'production' } }, /it went to production, and not to test/],
      [{ kept: undefined }, /did not keep to the plan 0123456789ab/],
      [{ kept: 'fedcba987654' }, /did not keep to the plan/],
      [{ commit: B }, /the tag v1 was at b{40}, and not at a{40}/],
      [{ commit: undefined }, /the tag v1 was at no known commit/],
      [{ steps: LOOKS }, /no host was told to serve the tag/],
      [
        { hosts: { web1: 'passed', web2: 'it serves another one' } },
        /I deploy the tag .*web2: it serves another one/,
      ],
      [{ hosts: { web1: 'silent' } }, /web1: no answer/],
      [{ also: refused('locked', 'web1 is locked by ann') }, /web1 is locked by ann/],
      [{ also: (run) => run.fail() }, /it came to FAILED/],
    ]
    for (const [what, why] of cases) {
      const { result, why: said } = judgeRollout(told(what), ORDER)
      expect(result, String(why)).to.equal('failed')
      expect(said).to.match(why)
    }
  })

  it('and not where the plan has more hosts than were told to serve the tag', () => {
    expect(judgeRollout(told(), { ...ORDER, hosts: 2 })).to.include({
      result: 'failed',
      why: '1 of the 2 hosts of the plan were told to serve the tag',
    })
  })

  it('and not where its journal stops, also behind its last line', () => {
    const outcome = judgeRollout(told({ ends: false }), ORDER)
    expect(outcome.result).to.equal('interrupted')
    expect(outcome.why).to.match(/the run did not end/)
  })

  it('and not where its journal has an end that fits to nothing before it', () => {
    const run = told({
      ends: false,
      also: (each) => each.stream.appendNow({ type: 'ended', exitCode: 1, took: 1 }),
    })
    expect(judgeRollout(run, ORDER).result).to.equal('failed')
  })
})

describe('a plan is said to be made', () => {
  const CONTENT: Plan = {
    features: [{ path: FEATURE, sha256: 'sha', hosts: ['web1'] }],
    environment: 'test',
    fleet: 'f',
    parameters: { tag: 'v1' },
    hosts: ['web1'],
    lines: [
      {
        at: `${FEATURE}:4`,
        text: DEPLOY,
        hosts: [{ seen: 's', passed: true, changes: true, affectsOthers: true, hosts: ['web1'] }],
      },
    ],
    passes: true,
    tags: { 'website v1': A },
  }
  const saved = (run: Run) =>
    run.stream.appendNow({ type: 'plan saved', plan: { id: PLAN, path: '', changes: 1, hosts: 1 } })
  const judge = (content: Partial<Plan> = {}, what: Told = {}, id = PLAN) =>
    judgePlan(
      {
        run: told({ mode: 'plan', kept: undefined, also: saved, ...what }),
        saved: { id, content: { ...CONTENT, ...content } },
      },
      ORDER,
    )

  it('where it is one of exactly the deploy that was ordered', () => {
    expect(judge()).to.deep.equal({
      result: 'succeeded',
      plan: PLAN,
      hosts: { text: 'web1', count: 1 },
      changes: 1,
      why: null,
    })
  })

  it('of the hosts that would be told to serve the tag, and not of others of its roll call', () => {
    expect(judge({ hosts: ['web1', 'web2', 'web3'] }).hosts).to.deep.equal({ text: 'web1', count: 1 })
    const all = { web1: 'passed', web2: 'passed', web3: 'passed' }
    expect(judge({}, { hosts: all }).hosts).to.deep.equal({ text: 'web[1-3]', count: 3 })
  })

  it('in no other case, with the reason', () => {
    const cases: [Partial<Plan>, Told, RegExp][] = [
      [{}, { also: () => {} }, /has saved no plan/],
      [{}, { mode: 'live' }, /it was no plan/],
      [{ passes: false }, {}, /not every line would pass/],
      [{ environment: 'production' }, {}, /it is of production, and not of test/],
      [{ limit: 'web1' }, {}, /it is limited to web1/],
      [{ features: [{ path: 'other.feature', sha256: '', hosts: [] }] }, {}, /it is of other\.feature/],
      [{ parameters: {} }, {}, /does not use <tag>/],
      [{ parameters: { tag: 'v2' } }, {}, /does not use <tag>/],
      [{ tags: {} }, {}, /asks no host where it has the tag v1 of website/],
      [{ tags: { 'website v1': B } }, {}, /hosts have the tag v1 at b{40}, and not at a{40}/],
      [{ tags: { 'website v1': A, 'shop v1': B } }, {}, /deploys more than one tag/],
      [{}, { steps: LOOKS }, /deploys nothing: no line of it says I deploy the tag/],
      [{}, { hosts: { web1: 'no room' } }, /I deploy the tag \(\S+:4\): web1: no room/],
    ]
    for (const [content, what, why] of cases) {
      const outcome = judge(content, what)
      expect([outcome.result, outcome.plan], String(why)).to.deep.equal(['failed', null])
      expect(outcome.why).to.match(why)
    }
    expect(judge({}, {}, 'fedcba987654').result).to.equal('failed')
  })
})
