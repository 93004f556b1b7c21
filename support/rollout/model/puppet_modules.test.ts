import { expect } from 'chai'
import type { DeclaredModule, FoundCode, FoundModule } from './puppet_code'
import { judgeModules } from './puppet_modules'

const COMMIT = '0123456789abcdef0123456789abcdef01234567'
const found = (more: Partial<FoundModule>): FoundModule => ({
  name: 'apache',
  full: 'puppetlabs-apache',
  version: '12.0.1',
  commit: '',
  tags: [],
  also: '',
  ...more,
})
const declared = (more: Partial<DeclaredModule>): DeclaredModule => ({
  line: 1,
  name: 'apache',
  full: 'puppetlabs-apache',
  kind: 'version',
  value: '12.0.1',
  ...more,
})
const code = (
  modules: FoundModule[],
  wanted: DeclaredModule[],
  more: Partial<FoundCode> = {},
): FoundCode => ({
  code: 'mywebapp',
  digest: 'a'.repeat(64),
  puppetfile: 'whole',
  problem: '',
  modules,
  declared: wanted,
  ...more,
})

describe('the modules of puppet code', () => {
  it('are those of the Puppetfile where each is there as it says, and no other', () => {
    for (const [module, wanted] of [
      [found({}), declared({})],
      [found({ commit: COMMIT }), declared({ kind: 'commit', value: COMMIT.slice(0, 10) })],
      [found({ commit: COMMIT, tags: ['v1'] }), declared({ kind: 'tag', value: 'v1', full: '' })],
      [found({ full: '', version: '' }), declared({ kind: 'present', value: '' })],
    ] as const)
      expect(judgeModules(code([module], [wanted])).passed).to.equal(true)
  })

  for (const [what, modules, wanted, said] of [
    ['missing', [], [declared({})], /^apache is missing \(12\.0\.1\)$/],
    [
      'of another version',
      [found({ version: '12.0.2' })],
      [declared({})],
      /^apache 12\.0\.2, and not 12\.0\.1$/,
    ],
    ['of no known version', [found({ version: '' })], [declared({})], /and not 12\.0\.1/],
    [
      'of another owner',
      [found({ full: 'evil-apache' })],
      [declared({})],
      /is evil-apache, and not puppetlabs-apache/,
    ],
    ['of no known owner', [found({ full: '' })], [declared({})], /does not say .* whose it is/],
    ['not in it', [found({})], [], /^apache 12\.0\.1 is not in its Puppetfile$/],
    ['in another folder as well', [found({ also: 'site' })], [declared({})], /is in site as well/],
    [
      'at another commit',
      [found({ commit: 'f'.repeat(40) })],
      [declared({ kind: 'commit', value: COMMIT })],
      /and not at 0123/,
    ],
    ['at no known commit', [found({})], [declared({ kind: 'tag', value: 'v1' })], /does not tell its commit/],
    [
      'at a commit that is not known to be the tag',
      [found({ commit: COMMIT })],
      [declared({ kind: 'tag', value: 'v1' })],
      /does not say that this is the tag v1/,
    ],
    [
      'of a form that moves',
      [found({})],
      [declared({ kind: 'not judged', value: ':latest' })],
      /cannot be judged: line 1 of its Puppetfile says :latest/,
    ],
  ] as const)
    it(`do not pass with one that is ${what}`, () => {
      const { passed, seen } = judgeModules(code([...modules], [...wanted]))
      expect(passed).to.equal(false)
      expect(seen).to.match(said)
    })

  it('do not pass without a Puppetfile that is read', () => {
    expect(judgeModules(code([], [], { puppetfile: 'none' })).seen).to.match(/has no Puppetfile/)
    const unreadable = judgeModules(code([], [], { puppetfile: 'unreadable', problem: 'line 3 is code' }))
    expect([unreadable.passed, unreadable.seen]).to.deep.equal([
      false,
      'its Puppetfile is not judged: line 3 is code',
    ])
  })
})
