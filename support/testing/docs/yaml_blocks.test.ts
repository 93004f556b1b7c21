import { expect } from 'chai'
import * as v from 'valibot'
import { parse } from 'yaml'
import { environmentSchema, fileSchema } from '../../config/lockstep_yaml'
import { listPages, placeOf, readBlocks } from './blocks'

describe('the configurations of the pages', () => {
  const all = listPages()
    .flatMap((page) => readBlocks(page))
    .filter(({ language }) => language === 'yaml')
  const blocks = all.filter(({ marks }) => !marks.has('untested'))

  it('are all YAML', () => {
    for (const block of all) expect(() => parse(block.text) as unknown, placeOf(block)).not.to.throw()
  })

  for (const block of blocks)
    it(`at ${placeOf(block)} are what lockstep.yaml may have`, () => {
      const written: unknown = parse(block.text)
      const file = block.marks.has('environment') ? withEnvironment(written) : written
      const { environments } = v.parse(fileSchema, file)
      expect(Object.keys(environments)).not.to.deep.equal([])
      for (const each of Object.values(environments))
        expect(v.parse(environmentSchema, each)).to.be.an('object')
    })

  it('would be refused with a key that is misspelt', () => {
    const misspelt = withEnvironment({ safe_mod: true }).environments.test
    expect(v.safeParse(environmentSchema, misspelt).success).to.equal(false)
  })
})

/** Returns a file with one environment, which has the keys of a block beside those that it needs. */
function withEnvironment(keys: unknown) {
  return { environments: { test: { client_config: 'client.cfg', ...(keys as object) } } }
}
