import { expect } from 'chai'
import fc from 'fast-check'
import { ENCRYPTED } from '../testing/eyaml'
import { judgeEyaml } from './judge_eyaml'

const said = (text: string) =>
  judgeEyaml(text).map(({ severity, line, message }) => `${severity} ${line} ${message}`)

describe('the check of encrypted values', () => {
  const value = `ENC[PKCS7,${ENCRYPTED}]`

  it('takes whole ones, in one line and in several, and comments about them', () => {
    const lines = value.replace(/(.{60})/g, '$1\n  ')
    expect(said(`# such as ENC[PKCS7,…]\na: ${value}\nb: >\n  ${lines}\nc: x ${value} y\n`)).to.deep.equal([])
    expect(said('a: 1\n')).to.deep.equal([])
  })

  it('refuses what is cut short or damaged, with its line, and shows nothing of it', () => {
    const cut = said(
      `a: 1\nb: ${value.slice(0, -50)}]\nc: ${value.slice(0, -1)}\nd: ENC[]\ne: ENC[PKCS7,a,b]\n`,
    )
    expect(cut).to.have.length(4)
    for (const [at, each] of cut.entries())
      expect(each).to.match(new RegExp(`^error ${at + 2} eyaml: the value is `))
    expect(cut.join('')).not.to.contain(value.slice(12, 40))
  })

  it('shows a value of another kind, which it cannot judge', () => {
    expect(said('a: ENC[GPG,abcd]\n')[0]).to.match(/^warning 1 eyaml: the value is encrypted with GPG/)
  })

  it('refuses values as the editor of eyaml shows them, also where nothing else can be read', () => {
    const plain =
      'eyaml: a value that was encrypted stands here in plain text; encrypt it again: eyaml encrypt'
    expect(said('a: 1\nb: DEC(12)::PKCS7[word]!\n[\nc: DEC::GPG[two\nlines]!\n')).to.deep.equal([
      `error 2 ${plain}`,
      `error 4 ${plain}`,
    ])
    expect(said('#| - To edit, change DEC(<num>)::PKCS7[]!\na: DEC::PKCS7[\n')).to.deep.equal([])
  })

  it('needs no time that grows with the square of a text', () => {
    const texts = [
      'ENC['.repeat(500_000),
      `ENC[${' '.repeat(1_000_000)},,]`,
      `ENC[a${' '.repeat(1_000_000)},,]`,
    ]
    for (const text of texts) expect(said(`a: "${text}"\n`)).to.have.length(1)
  })

  it('finds each value that was cut anywhere', () => {
    fc.assert(
      fc.property(fc.integer({ min: 5, max: value.length - 2 }), fc.boolean(), (length, isClosed) => {
        const text = `a: "${value.slice(0, length)}${isClosed ? ']' : ''}"\n`
        expect(said(text), text).to.have.length(1)
      }),
    )
  })
})
