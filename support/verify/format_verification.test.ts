import { expect } from 'chai'
import fc from 'fast-check'
import { formatVerification } from './format_verification'
import type { PlacedRemark } from './verify_push'

const error: PlacedRemark = {
  severity: 'error',
  line: 3,
  message: 'is wrong',
  path: 'a.feature',
  commit: 'c'.repeat(40),
}

describe('the answer to a push', () => {
  it('names errors first, each with its file, line and commit', () => {
    const warning: PlacedRemark = { ...error, severity: 'warning', line: undefined }
    const ofPush: PlacedRemark = { ...error, path: undefined, commit: undefined, message: 'too much' }
    expect(formatVerification({ remarks: [warning, error, ofPush], files: 2 })).to
      .equal(`lockstep: a.feature:3: is wrong (commit cccccccccccc)
lockstep: too much
lockstep: a.feature: warning, is wrong (commit cccccccccccc)
lockstep: the push is refused: 2 errors
`)
  })

  it('says what was checked, and nothing where nothing was', () => {
    expect(formatVerification({ remarks: [], files: 1 })).to.equal('lockstep: 1 file checked, no error\n')
    expect(formatVerification({ remarks: [], files: 0 })).to.equal('')
  })

  it('is no longer than a person can read', () => {
    const text = formatVerification({ remarks: Array.from({ length: 5_000 }, () => error), files: 9 })
    expect(text.split('\n')).to.have.length(103)
    expect(text).to.contain('lockstep: and 4900 more\nlockstep: the push is refused: 5000 errors\n')
  })

  it('has only lines of its own, with any names and texts', () => {
    const text = fc.string({ unit: 'binary' })
    fc.assert(
      fc.property(text, text, (path, message) => {
        const shown = formatVerification({ remarks: [{ ...error, path, message }], files: 1 })
        expect(shown.trimEnd().split('\n')).to.have.length(2)
        expect(shown.replaceAll('\n', '')).not.to.match(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/u)
      }),
    )
  })
})
