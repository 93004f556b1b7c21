import { chmodSync, rmSync } from 'node:fs'
import { expect } from 'chai'
import { Scratch } from '../testing/scratch'
import { hashPassword } from './password'
import {
  NO_RIGHTS,
  rightsIn,
  whyNotNow,
  whyNotStanding,
  whyPlanNotApproved,
  type RightsFiles,
} from './rights_now'

const AT = '2026-11-23T04:40:00.000Z'
const BERT = { name: 'bert', groups: ['web'], at: AT }

describe('the rights of people, as they are written at the moment', () => {
  let scratch: Scratch
  let hash: string
  before(async () => (hash = await hashPassword('correct horse', { ln: 2, r: 1, p: 1 })))
  beforeEach(() => {
    scratch = new Scratch()
    writePeople({ bert: 'web' })
    scratch.write('policy.txt', 'group web may approve in production\n')
  })
  afterEach(() => scratch.remove())

  const writePeople = (people: Record<string, string>) => {
    const lines = Object.entries(people).map(
      ([name, groups]) => `  ${name}: { groups: [${groups}], password: '${hash}' }\n`,
    )
    chmodSync(
      scratch.write('people.yaml', `people:\n${lines.join('')}${lines.length === 0 ? '  {}\n' : ''}`),
      0o600,
    )
  }
  const rights = (own: Partial<RightsFiles> = {}) =>
    rightsIn({
      people: `${scratch.path}/people.yaml`,
      policy: `${scratch.path}/policy.txt`,
      environments: ['test', 'production'],
      groups: { since: ({ groups }) => groups },
      ...own,
    })

  it('follow each change of the file of people and of the policy', () => {
    const now = rights()
    const ask = () => whyNotStanding(BERT, 'production', now)?.sentence
    expect(ask()).to.equal(undefined)
    writePeople({ bert: 'night' })
    const lost =
      'bert, who approved it, may not approve in production any more; another person has to approve it'
    expect(ask(), 'the groups of the file count, and not those of the approval').to.equal(lost)
    scratch.write('policy.txt', 'bert may approve in production\n')
    expect(ask()).to.equal(undefined)
    scratch.write('policy.txt', 'bert may approve in test\n')
    expect(ask()).to.equal(lost)
    scratch.write('policy.txt', 'everybody may approve in production\n')
    expect(ask()).to.equal(undefined)
    writePeople({ carl: 'web' })
    expect(ask()).to.equal(
      'bert, who approved it, is not in the file of people any more; another person has to approve it',
    )
  })

  it('are no one’s while a file is not right, and what it said before does not count', () => {
    const now = rights()
    expect(whyNotNow(BERT, 'approve', 'production', now)).to.equal(undefined)
    scratch.write('policy.txt', 'group web may aprove in production\n')
    expect(whyNotStanding(BERT, 'production', now)).to.deep.equal({
      is: 'not known',
      sentence:
        'it cannot be known whether bert, who approved it, may still approve: the policy is not right; lockstep policy check says why',
    })
    rmSync(`${scratch.path}/policy.txt`)
    expect(now.faultOf(BERT, 'approve', 'production')?.is).to.equal('not known')
    scratch.write('policy.txt', 'group web may approve in production\n')
    chmodSync(`${scratch.path}/people.yaml`, 0o644)
    expect(whyNotNow(BERT, 'approve', 'production', now)).to.equal(
      'it cannot be known whether bert may still approve: the file of people is not right; lockstep user list says why',
    )
  })

  it('go by the last groups that a proxy or a provider has told', () => {
    let told: readonly string[] | undefined
    const now = rights({ people: undefined, groups: { since: ({ groups }) => told ?? groups } })
    expect(now.faultOf(BERT, 'approve', 'production')).to.equal(undefined)
    told = ['night']
    expect(now.faultOf(BERT, 'approve', 'production')?.is).to.equal('lost')
  })

  it('are asked for people of the console alone', () => {
    const approved = { at: AT, groups: [] }
    const why = (by: string | null) => whyPlanNotApproved({ ...approved, by }, 'production', NO_RIGHTS)?.is
    expect([why('ann'), why('ann, by the word of bert'), why(null), why('bert (console)')]).to.deep.equal([
      undefined,
      undefined,
      undefined,
      'lost',
    ])
  })
})
