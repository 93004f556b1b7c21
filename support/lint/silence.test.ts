import { expect } from 'chai'
import fc from 'fast-check'
import { featureOf } from '../testing/feature_lines'
import { lint } from './lint'
import { parseAllowing } from './silence'

const found = (text: string, more = {}) =>
  lint(featureOf(text, more)).map(({ line, rule, severity }) => `${line} ${rule} ${severity}`)
const ALLOW = '# lockstep: allow block-without-unblock because puppet is retired'

describe('a comment that allows', () => {
  it('a step leaves out what is found there, and nothing else', () => {
    expect(found(`${ALLOW}\nWhen I disable puppet\nAnd I update the package a`)).to.deep.equal([
      '3 update-without-version-check error',
    ])
  })

  it('a scenario leaves out all of it there', () => {
    expect(
      found(
        `Scenario\nWhen I update the package a\nThen the package version for a should be 1\n${ALLOW}\nScenario\nWhen I disable puppet`,
      ),
    ).to.deep.equal([])
  })

  it('stands above others of its kind', () => {
    const other = '# lockstep: allow update-without-version-check because it is virtual'
    expect(
      found(`${ALLOW}\n${other}\nScenario\nWhen I disable puppet\nAnd I update the package a`),
    ).to.deep.equal([])
  })

  it('has no effect on another line, and is found', () => {
    expect(found(`${ALLOW}\nWhen I enable puppet\nAnd I disable puppet`)).to.deep.equal([
      '1 allow-without-effect warning',
      '3 block-without-unblock error',
    ])
    expect(found(`When I disable puppet\n${ALLOW}`)).to.deep.equal([
      '1 block-without-unblock error',
      '2 allow-without-effect warning',
    ])
  })

  it('is not called without effect when only a part of the feature is run', () => {
    expect(found(`${ALLOW}\nWhen I enable puppet`, { whole: false })).to.deep.equal([])
  })

  const wrong: readonly (readonly [string, string])[] = [
    ['# lockstep: allow block-without-unblock', 'allow-without-reason'],
    ['# lockstep: allow block-without-unblock because', 'allow-without-reason'],
    ['# lockstep: allow block-without-unblock since I say so', 'allow-without-reason'],
    ['# lockstep: allow blok because of reasons', 'allow-unknown-rule'],
    ['# lockstep: allow allow-without-reason because of reasons', 'allow-unknown-rule'],
    ['# lockstep: ignore all', 'allow-not-understood'],
    ['#Lockstep : allow', 'allow-not-understood'],
  ]
  for (const [comment, rule] of wrong) {
    it(`allows nothing as "${comment}", and is found`, () => {
      expect(found(`${comment}\nWhen I disable puppet`)).to.deep.equal([
        `1 ${rule} error`,
        '2 block-without-unblock error',
      ])
    })
  }

  it('is none when it says something else', () => {
    expect(found('# lockstep is fine, allow me to say\nWhen I enable puppet')).to.deep.equal([])
  })

  it('is read as it was written, and anything else is no allowance', () => {
    const word = fc.stringMatching(/^\S{1,20}$/)
    const reason = fc.stringMatching(/^\S.{0,40}$/)
    fc.assert(
      fc.property(word, reason, (rule, reason) => {
        expect(parseAllowing(`allow ${rule} because ${reason}`)).to.deep.equal({ rule, reason })
      }),
    )
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (text) => {
        const parsed = parseAllowing(text)
        if (parsed !== undefined) expect(text.startsWith('allow ')).to.equal(true)
      }),
    )
  })

  it('never makes more be found of the steps than without it', () => {
    const text = fc.oneof(fc.string({ unit: 'binary' }), fc.constantFrom('allow', 'because', ALLOW.slice(12)))
    fc.assert(
      fc.property(text, (comment) => {
        const steps = found(`# lockstep:${comment.replace(/\n/g, ' ')}\nWhen I disable puppet`).filter(
          (line) => !line.includes('allow-'),
        )
        expect(['', '2 block-without-unblock error']).to.include(steps.join())
      }),
    )
  })
})
