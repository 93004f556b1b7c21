import { appendFileSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { expect } from 'chai'
import * as v from 'valibot'
import { auditFolderIn, AuditTrail } from '../console/audit'
import { failure } from '../testing/failure'
import { Scratch } from '../testing/scratch'
import { FORMS } from './json_forms'
import { user } from './user'
import { showAudit, type AuditWish } from './user_audit'

const NOW = Date.parse('2026-11-20T12:00:00.000Z')
const DAY_MS = 24 * 3_600_000

describe('lockstep user audit', () => {
  let scratch: Scratch
  beforeEach(async () => {
    scratch = new Scratch()
    let now = NOW - 10 * DAY_MS
    const trail = new AuditTrail(scratch.path, { now: () => now })
    await trail.append({ type: 'person added', person: 'anna', by: 'root' })
    now = NOW - DAY_MS
    await trail.append({
      type: 'acted',
      person: 'anna',
      address: '192.0.2.1',
      act: 'approve a start',
      what: 'the plan x',
      through: 'token ci',
    })
    await trail.append({ type: 'act refused', person: 'bert', address: null, why: 'no\u001b[31m form' })
    await trail.close()
  })
  afterEach(() => scratch.remove())

  const show = (own: Partial<AuditWish> = {}) =>
    showAudit({ person: undefined, since: undefined, json: false, state: scratch.path, now: NOW, ...own })

  it('prints who did what, and what was refused, in the order of time', () => {
    expect(show()).to.deep.equal({
      text: `2026-11-10T12:00:00.000Z  anna  person added (by root)
2026-11-19T12:00:00.000Z  anna  acted: approve a start, the plan x (from 192.0.2.1, token ci)
2026-11-19T12:00:00.000Z  bert  act refused: no form
`,
      complaint: '',
      exitCode: 0,
    })
  })

  it('prints what is about one person, and since when, alone', () => {
    const lines = (own: Partial<AuditWish>) => show(own).text.split('\n').length - 1
    expect([lines({ person: 'anna' }), lines({ person: 'bert' }), lines({ since: '2d' })]).to.deep.equal([
      2, 1, 2,
    ])
    expect([lines({ since: '2026-11-11' }), lines({ since: '2026-11-10T12:00:00Z' })]).to.deep.equal([2, 3])
    expect(show({ person: 'carl' }).text).to.equal('The audit trail has no such entry.\n')
  })

  it('prints JSON of its form', () => {
    const read = v.parse(FORMS['lockstep/audit/1'], JSON.parse(show({ json: true }).text))
    expect(read.entries.map(({ type, by }) => [type, by])).to.deep.equal([
      ['person added', 'root'],
      ['acted', null],
      ['act refused', null],
    ])
  })

  it('says where it cannot tell everything', () => {
    const [journal = ''] = readdirSync(auditFolderIn(scratch.path))
    appendFileSync(join(auditFolderIn(scratch.path), journal), '{"type":"forged"}\n')
    const { complaint, exitCode, text } = show()
    expect(complaint).to.match(/is damaged from line \d on; entries behind that are not shown/)
    expect(exitCode).to.equal(1)
    expect(text).to.contain('person added')
  })

  it('refuses a time that is none, and options that go with something else', async () => {
    expect((await failure(Promise.resolve().then(() => show({ since: 'yesterday' })))).message).to.match(
      /--since is "yesterday"; expected a time/,
    )
    scratch.write(
      'lockstep.yaml',
      'environments: { test: {} }\nconsole: { people: people.yaml, policy: policy.txt }\n',
    )
    const options = {
      group: [],
      name: undefined,
      may: [],
      in: [],
      days: undefined,
      since: undefined,
      json: false,
    }
    const say = (args: string[], own: object) =>
      user({ cwd: scratch.path, env: { LOCKSTEP_STATE: '.' }, args, options: { ...options, ...own } })
    expect((await failure(say(['list'], { json: true }))).message).to.equal(
      '--json goes with audit, and not with list',
    )
    expect((await failure(say(['tokens'], { since: '7d' }))).message).to.match(/--since goes with audit/)
    expect((await failure(say(['audit'], { days: '3' }))).message).to.match(/--days goes with add-token/)
    expect((await say(['audit', 'bert'], { since: '2026-11-01' })).text).to.contain('act refused')
  })
})
