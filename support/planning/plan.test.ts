import { expect } from 'chai'
import fc from 'fast-check'
import { readFileSync, writeFileSync } from 'node:fs'
import { LockstepError } from '../system/errors'
import { Scratch } from '../testing/scratch'
import { lastWords, withProfile } from '../run/again'
import { differences, planId, type Plan } from './plan'
import { readPlan } from './plan_file'

const plan: Plan = {
  features: [{ path: 'x.feature', sha256: 'a', hosts: ['web1', 'web2'] }],
  environment: 'test',
  fleet: 'mq:61613 mcollective',
  parameters: { release: '1' },
  hosts: ['web1', 'web2'],
  lines: [
    {
      at: 'x.feature:3',
      text: 'I update the package mywebapp',
      hosts: [
        {
          seen: 'would go from 1 to 2',
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

describe('a plan', () => {
  it('has the same name when it says the same, and another when it does not', () => {
    expect(planId(structuredClone(plan))).to.equal(planId(plan))
    expect(planId({ ...plan, hosts: ['web1'] })).not.to.equal(planId(plan))
  })

  it('shows in which ways it differs', () => {
    expect(differences(plan, structuredClone(plan))).to.deep.equal([])
    const changes: [Partial<Plan>, string][] = [
      [{ features: [{ path: 'x.feature', sha256: 'b', hosts: ['web1', 'web2'] }] }, 'x.feature was changed'],
      [
        { features: [{ path: 'x.feature', sha256: 'a', hosts: ['web1'] }] },
        'x.feature was planned for other hosts of them',
      ],
      [{ features: [] }, 'x.feature is not among the features now'],
      [{ environment: 'prod' }, 'it was made for test, and this is prod'],
      [{ fleet: 'other' }, 'it was made for the fleet mq:61613 mcollective, and this is other'],
      [{ parameters: {} }, 'release was 1 and is not set'],
      [{ parameters: { release: '1', more: '2' } }, 'more was not set and is 2'],
      [{ hosts: ['web1', 'web3'] }, 'not planned for: web3'],
      [{ hosts: ['web1'] }, 'not there any more: web2'],
      [{ hosts: ['web1', 'web3', 'web4', 'web5'] }, 'not planned for: web[3-5]'],
      [
        { lines: [{ at: 'x.feature:3', text: 'I update the package mywebapp', hosts: [] }] },
        'x.feature:3 (I update the package mywebapp): would go from 1 to 2 (web[1-2]) was planned; now ',
      ],
      [{ lines: [] }, 'its lines are not the same'],
      [{ tags: { 'website v2': 'a' } }, 'its tags are not the same'],
    ]
    for (const [change, said] of changes) expect(differences(plan, { ...plan, ...change })).to.include(said)
  })

  it('differs where a tag has moved, although its lines are the same', () => {
    const before = { ...plan, tags: { 'website v2': 'a' } }
    expect(differences(before, { ...plan, tags: { 'website v2': 'b' } })).to.deep.equal([
      'the tag website v2 was at a and is at b',
    ])
  })

  it('calls no host gone that the limit of the run leaves out', () => {
    expect(differences(plan, { ...plan, hosts: ['web1'], limit: 'web1' })).to.deep.equal([
      'it was made for all hosts of the roll call, and this run is limited to web1',
    ])
  })

  it('that was edited by hand, however little, is refused', () => {
    const scratch = new Scratch()
    const text = JSON.stringify({
      schema: 'lockstep/plan/1',
      plan: planId(plan),
      made: { at: '', by: 'me', run: 'r' },
      content: plan,
    })
    const path = scratch.write(`${planId(plan)}.json`, text)
    expect(readPlan(path, scratch.path).content).to.deep.equal(plan)
    const from = text.indexOf('"content"')
    fc.assert(
      fc.property(fc.integer({ min: from, max: text.length - 1 }), fc.string({ maxLength: 3 }), (at, put) => {
        const edited = text.slice(0, at) + put + text.slice(at + 1)
        fc.pre(JSON.stringify(parsed(edited)) !== JSON.stringify(parsed(text)))
        writeFileSync(path, edited)
        expect(() => readPlan(path, scratch.path)).to.throw(
          LockstepError,
          /is no plan|cannot be read|was edited, renamed or replaced since/,
        )
      }),
    )
    expect(readFileSync(path, 'utf8')).to.be.a('string')
    scratch.remove()
  })

  it('that was put in the place of another one is refused', () => {
    const scratch = new Scratch()
    const other = { ...plan, hosts: ['web9'] }
    const text = JSON.stringify({
      schema: 'lockstep/plan/1',
      plan: planId(other),
      made: { at: '', by: 'me', run: 'r' },
      content: other,
    })
    const path = scratch.write(`${planId(plan)}.json`, text)
    expect(() => readPlan(path, scratch.path)).to.throw(LockstepError, 'renamed or replaced since')
    scratch.remove()
  })

  it('that is not there is named', () => {
    expect(() => readPlan('0123456789ab', 'reports')).to.throw(LockstepError, 'there is no such file')
  })
})

describe('a run that is begun by another', () => {
  it('is shown by its last words, without a stack trace', () => {
    const ended = { exitCode: 1, stdout: '', failure: undefined }
    const output = 'Error: no such module\n    at require (x.js:1:2)\n    at main (y.js:3:4)\n\n'
    expect(lastWords({ ...ended, output })).to.equal('Error: no such module')
    expect(lastWords({ ...ended, output: '', failure: 'it was ended' })).to.equal('it was ended')
    expect(lastWords({ ...ended, output: '' })).to.equal('it said nothing')
  })

  it('keeps the profiles of a team, which may say where it goes', () => {
    const args = ['-p', 'live', '--profile', 'production', 'x.feature', '-pours']
    expect(withProfile(args, 'plan')).to.deep.equal('x.feature -p production -p ours -p plan'.split(' '))
  })

  it('has the same command line, but for its profile', () => {
    expect(withProfile(['-p', 'live', 'x.feature', '--tags', '@a'], 'plan')).to.deep.equal([
      'x.feature',
      '--tags',
      '@a',
      '-p',
      'plan',
    ])
    expect(
      withProfile(['--profile=live', '-p=idempotence', '-plive', '--publish-quiet'], 'plan'),
    ).to.deep.equal(['--publish-quiet', '-p', 'plan'])
  })
})

function parsed(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}
