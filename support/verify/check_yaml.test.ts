import { expect } from 'chai'
import fc from 'fast-check'
import { judgeDepth, judgeLockstepYaml, judgeYaml } from './check_yaml'

describe('the check of YAML', () => {
  it('finds what cannot be parsed, in any document of a file', () => {
    expect(judgeYaml('a: 1\n---\nb: [1\n')).to.have.length(1)
    expect(judgeYaml('a: 1\n\tb: 2\n')[0]?.severity).to.equal('error')
    expect(judgeYaml('a: "x\n')[0]?.line).to.be.a('number')
  })

  it('lets pass what other programs read: several documents, their own tags, nothing at all', () => {
    expect(judgeYaml('---\na: !Ref x\n---\nb: !ruby/sym y\n')).to.deep.equal([])
    expect(judgeYaml('')).to.deep.equal([])
  })

  it('refuses what is nested too deeply before a parser recurses into it', () => {
    const blocks = (n: number) => Array.from({ length: n }, (_, at) => `${' '.repeat(at)}a:\n`).join('')
    const nested = (n: number) => ['['.repeat(n), '{a: '.repeat(n), '- '.repeat(n), '? '.repeat(n), blocks(n)]
    for (const text of nested(3_000))
      expect(judgeDepth(`x: 1\n---\n${text}`)).to.deep.include.members([
        {
          severity: 'error',
          line: text.includes('\n') ? 102 : 3,
          message: 'it is nested too deeply to be checked',
        },
      ])
    for (const text of [...nested(90), '[]\n---\n'.repeat(500), '- [a, b]\n'.repeat(500)])
      expect(judgeDepth(text)).to.deep.equal([])
    for (const text of nested(90)) judgeYaml(text)
    for (const text of nested(90).filter((each) => !each.startsWith('?'))) judgeLockstepYaml(text)
  })

  it('resolves no alias', () => {
    const levels = Array.from(
      { length: 40 },
      (_, at) => `l${at + 1}: &l${at + 1} [*l${at}, *l${at}, *l${at}]\n`,
    )
    expect(judgeYaml(`l0: &l0 [x]\n${levels.join('')}`)).to.deep.equal([])
  })

  it('finds an alias that no anchor before it has the name of', () => {
    expect(judgeYaml('a: 1\nb: *nope\n')).to.deep.equal([
      { severity: 'error', line: 2, message: 'no anchor before it has the name of *nope' },
    ])
    expect(judgeYaml('x: *y\ny: &y 1\n')).to.have.length(1)
    expect(judgeYaml('y: &y 1\n---\nx: *y\n')).to.have.length(1)
    expect(judgeYaml('a: &a { b: &b 1 }\nc: { <<: *a, d: [*b] }\n')).to.deep.equal([])
  })

  it('says one line for any text, or nothing', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 60 }), (text) => {
        for (const { message } of judgeYaml(text)) expect(message.trim()).not.to.equal('')
      }),
    )
  })
})

describe('the check of lockstep.yaml', () => {
  it('names the line and the setting, in each environment', () => {
    const good = 'environments:\n  one: { client_config: client.cfg }\n'
    expect(judgeLockstepYaml(good)).to.deep.equal([])
    const [odd] = judgeLockstepYaml(`${good}  two: { client_config: client.cfg, ttl: 0 }\n`)
    expect(odd).to.deep.include({ severity: 'error', line: 3 })
    expect(odd?.message).to.contain('environments.two.ttl')
    expect(judgeLockstepYaml(`${good}pipelin: {}\n`)[0]?.message).to.contain(
      'the closest known one is pipeline',
    )
    const [lost] = judgeLockstepYaml(`default: oen\n${good}`)
    expect(lost).to.deep.include({ severity: 'error', line: 1 })
    expect(lost?.message).to.contain('oen')
    expect(judgeLockstepYaml('')[0]?.message).to.match(/\S/)
  })

  it('reads nothing that it names', () => {
    const names = `environments:
  one: { client_config: /nowhere/client.cfg, variables: { password: { file: /nowhere/secret } } }
extensions: [/nowhere/code.js]
`
    expect(judgeLockstepYaml(names)).to.deep.equal([])
  })
})
