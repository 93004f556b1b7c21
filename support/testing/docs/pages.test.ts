import { readFileSync } from 'node:fs'
import { basename } from 'node:path'
import { expect } from 'chai'
import { PAGES } from './pages'

describe('the pages that come from tables of the code', () => {
  for (const [path, page] of PAGES)
    it(`have docs/${basename(path)} as it would be written now; if not, say: npm run docs`, () =>
      expect(readFileSync(path, 'utf8')).to.equal(page()))
})
