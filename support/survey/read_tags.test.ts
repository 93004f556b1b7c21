import { expect } from 'chai'
import { MAX_TAGS_TOLD } from '../rpc/contracts/git'
import { readTags } from './read_tags'

const A = 'a'.repeat(40)
const many = (count: number) =>
  Object.fromEntries(Array.from({ length: count }, (_, n) => [`v${n}`, A] as const))

describe('what a host tells of its tags', () => {
  it('is its tags, whole or the newest of them', () => {
    expect(readTags({ tags: { v1: A }, count: 1 }, undefined)).to.deep.equal({
      tags: new Map([['v1', A]]),
      isWhole: true,
    })
    expect(readTags({ tags: many(MAX_TAGS_TOLD), count: 900 }, undefined)).to.include({ isWhole: false })
    expect(readTags({ tags: {}, count: 0 }, 'v9')).to.deep.equal({ tags: new Map(), isWhole: true })
  })

  it('is not believed where a name or a commit can be none', () => {
    for (const name of [
      '--require',
      '',
      'v1\u001b[2J',
      '<b>v1</b>',
      'vⅠ',
      'v1\n',
      '../x',
      'a'.repeat(101),
      A,
    ])
      expect(readTags({ tags: { v1: A, [name]: A }, count: 2 }, undefined), name).to.match(/can be none/)
    expect(readTags({ tags: JSON.parse(`{"__proto__":"${A}"}`) as unknown, count: 1 }, undefined)).to.match(
      /none/,
    )
    for (const commit of ['HEAD', A.slice(1), '', 7, null, [A]])
      expect(readTags({ tags: { v1: commit }, count: 1 }, undefined), String(commit)).to.match(/can be none/)
  })

  it('is not believed where it is more than a host tells, or another number than it says', () => {
    const tooMany = MAX_TAGS_TOLD + 1
    expect(readTags({ tags: many(tooMany), count: tooMany }, undefined)).to.match(
      /^it tells 501 tags at once/,
    )
    for (const count of [0, -1, 0.5, Number.NaN, '1', undefined])
      expect(readTags({ tags: { v1: A }, count }, undefined), String(count)).to.match(/^it tells more tags/)
    // Such a host would be said to lack each tag that it keeps back.
    for (const wanted of [undefined, 'v9'])
      expect(readTags({ tags: {}, count: 5 }, wanted)).to.match(/^it tells fewer tags/)
    for (const tags of [undefined, null, [], 'v1'])
      expect(readTags({ tags, count: 0 }, undefined)).to.match(/not tell/)
  })
})
