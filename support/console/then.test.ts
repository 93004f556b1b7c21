import { expect } from 'chai'
import fc from 'fast-check'
import { safeThen } from './then'

describe('the path after a login', () => {
  it('is kept where it is one of the console', () => {
    for (const path of ['/', '/history/20261122?tab=2', '/hosts/web1.example.net'])
      expect(safeThen(path)).to.equal(path)
  })

  it('leads to no other origin', () => {
    const piece = fc.constantFrom(
      '/',
      '\\',
      '//',
      '.',
      '..',
      '@',
      ':',
      'evil.example',
      '%2f',
      '\t',
      '\n',
      '?',
      '#',
      'https:',
      'javascript:',
      '\u2028',
      'ä',
    )
    fc.assert(
      fc.property(
        fc.oneof(
          fc.array(fc.oneof(piece, fc.string())).map((all) => all.join('')),
          fc.string(),
        ),
        (wanted) => {
          for (const each of [wanted, `/${wanted}`]) {
            const path = safeThen(each)
            expect(path).to.match(/^\/(?![/\\])[!-~]*$/)
            expect(new URL(path, 'https://deploy.example.org/login').origin).to.equal(
              'https://deploy.example.org',
            )
          }
        },
      ),
      { numRuns: 2_000 },
    )
  })
})
