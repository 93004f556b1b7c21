import { expect } from 'chai'
import fc from 'fast-check'
import { decide, readGroups } from './action_policy'
import { auditLine } from './audit'
import type { DataFunction } from '../../protocol/compound'
import { NO_FILTER } from '../../protocol/filter'

const host = { identity: 'web1', classes: ['roles::web'], agents: [], facts: { country: 'de', env: 'prod' } }
const data: DataFunction = (name, argument, field) =>
  name === 'fact' && field === 'value' ? { country: 'de', env: 'prod' }[argument] : undefined
const groups = readGroups('# who\nops uid=0 uid=7\nempty\n')
const allowed = (policy: string, caller = 'uid=0', action = 'install') =>
  decide(policy, { caller, action }, { host, data, groups }).allowed

describe('an action policy', () => {
  const cases: [string, string, boolean][] = [
    ['nothing', '', false],
    ['comments alone', '# allow\n\n', false],
    ['a default that allows', 'policy default allow', true],
    ['a line for everybody', 'allow\t*\t*\t*\t*', true],
    ['a line with spaces', 'allow   uid=0   install   *   *', true],
    ['another caller', 'allow\tuid=1\t*\t*\t*', false],
    ['a list of callers', 'allow\tuid=1 uid=0\t*\t*\t*', true],
    ['a pattern of callers', 'allow\t/^uid=/\t*\t*\t*', true],
    ['a pattern of callers that cannot be used', 'deny\t/^uid=(?!1)/\t*\t*\t*\nallow\t*\t*\t*\t*', false],
    ['another action', 'allow\t*\tstatus\t*\t*', false],
    ['a list of actions', 'allow\t*\tstatus install\t*\t*', true],
    ['facts that all hold', 'allow\t*\t*\tcountry=de env=prod\t*', true],
    ['facts of which one does not', 'allow\t*\t*\tcountry=de env=test\t*', false],
    ['a class', 'allow\t*\t*\t*\troles::web', true],
    ['another class', 'allow\t*\t*\t*\troles::db', false],
    ['the first line that fits', 'deny\tuid=0\tinstall\t*\t*\nallow\t*\t*\t*\t*', false],
    ['a later line, when the first does not fit', 'deny\tuid=1\t*\t*\t*\nallow\t*\t*\t*\t*', true],
    ['CRLF', 'policy default deny\r\nallow\t*\t*\t*\t*\r\n', true],
    ['no classes column', 'allow\t*\t*\t*', true],
    ['a line that means nothing', 'permit\t*\t*\t*\t*\nallow\t*\t*\t*\t*', false],
    ['a group of callers', 'allow\tops\t*\t*\t*', true],
    ['a group without callers', 'allow\tempty\t*\t*\t*', false],
    ['an expression of facts', 'allow\t*\t*\tcountry=de and not env=test\t*', true],
    ['an expression of facts that does not hold', 'allow\t*\t*\tcountry=de and env=test\t*', false],
    ['an expression of classes', 'allow\t*\t*\t*\troles::db or roles::web', true],
    ['facts that are less', 'allow\t*\t*\tcountry<df\t*', true],
    ['a class among facts', 'allow\t*\t*\troles::web\t*', false],
    ['a fact among classes', 'allow\t*\t*\t*\tcountry=de', false],
    ['facts and classes in one expression', 'allow\t*\t*\tcountry=de and (roles::db or roles::web)', true],
    ['a data function', "allow\t*\t*\tfact('country').value=de and env=prod\t*", true],
    [
      'a data function that there is not',
      "deny\t*\t*\tnope('x').y=z or env=test\t*\nallow\t*\t*\t*\t*",
      false,
    ],
    ['an expression that cannot be read', 'deny\t*\t*\tcountry=de and\t*\nallow\t*\t*\t*\t*', false],
    ['an expression without its end', 'deny\t*\t*\t(env=test\t*\nallow\t*\t*\t*\t*', false],
  ]
  for (const [what, policy, expected] of cases) {
    it(`${expected ? 'allows' : 'denies'} by ${what}`, () => expect(allowed(policy)).to.equal(expected))
  }

  it("fits no host by a word in the wrong column, as Ruby's does, and says so", () => {
    for (const [line, what] of [
      ['deny\tuid=0\t*\troles::web\t*', '"roles::web" stands where a fact is expected'],
      ['deny\t*\tinstall\t*\troles::web country=de', '"country=de" stands where a class is expected'],
    ] as const) {
      const told: string[] = []
      const onTrouble = (text: string) => void told.push(text)
      const by = (caller: string, action: string) =>
        decide(`${line}\nallow\t*\t*\t*\t*`, { caller, action }, { host, data, groups, onTrouble }).allowed
      expect(by('uid=0', 'install')).to.equal(true)
      expect(told).to.deep.equal([
        `line 1 of the policy fits no host, and denies nothing: ${what}; write it in the other column`,
      ])
      expect(by('uid=1', 'status')).to.equal(true)
      expect(told, 'a line about another request').to.have.length(1)
    }
  })

  it('never allows by what cannot be read, and never throws', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (text) => {
        fc.pre(!/allow/.test(text))
        expect(allowed(text)).to.equal(false)
      }),
    )
  })
})

describe('an audit line', () => {
  it('has no hash of a password', () => {
    const request = {
      senderid: 'control',
      requestid: 'a'.repeat(32),
      filter: NO_FILTER,
      collective: 'mcollective',
      agent: 'access',
      callerid: 'uid=0',
      ttl: 60,
      msgtime: 1_700_000_000,
      message: null,
    }
    const data = { site: 'intranet', user: 'alice', hash: '$2y$10$abc' }
    const line = auditLine(request, { agent: 'access', action: 'allow', caller: 'uid=0', data }, 0)
    expect(line).to.contain('data={:site=>"intranet", :user=>"alice", :hash=>***}')
  })

  it('is one line in Ruby’s form, for any request', () => {
    const request = {
      senderid: 'control\n[forged]',
      requestid: 'a'.repeat(32),
      filter: NO_FILTER,
      collective: 'mcollective',
      agent: 'package',
      callerid: 'uid=0',
      ttl: 60,
      msgtime: 1_700_000_000,
      message: null,
    }
    const data = { package: 'x\nreqid=', force: true, process_results: true }
    const line = auditLine(
      request,
      { agent: 'package', action: 'install', caller: 'uid=0', data },
      Date.UTC(2026, 0, 2, 3, 4, 5),
    )
    expect(line).to.equal(
      `[2026-01-02 03:04:05 UTC] reqid=${'a'.repeat(32)}: reqtime=1700000000 caller=uid=0@control [forged] agent=package action=install data={:package=>"x\\nreqid=", :force=>true, :process_results=>true}\n`,
    )
  })
})
