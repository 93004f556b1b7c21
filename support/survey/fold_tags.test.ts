import { expect } from 'chai'
import fc from 'fast-check'
import { foldTags, MAX_TAGS, type ToldTags } from './fold_tags'

const A = 'a'.repeat(40)
const B = 'b'.repeat(40)

describe('the tags that hosts have told', () => {
  const told = (tags: Readonly<Record<string, string>>, isWhole = true): ToldTags => ({
    tags: new Map(Object.entries(tags)),
    isWhole,
  })

  it('are the newest first, with the hosts that have each and those that lack it', () => {
    const all = new Map([
      ['web2', told({ v1: A })],
      ['web1', told({ v3: B, v1: A })],
      ['web3', told({ v2: B, v1: B })],
    ])
    const { tags, count } = foldTags(all, undefined)
    expect(tags.map(({ tag }) => tag).at(-1)).to.equal('v1')
    expect(count).to.equal(3)
    expect(tags.at(-1)).to.deep.equal({
      tag: 'v1',
      commits: [
        { commit: A, hosts: ['web1', 'web2'] },
        { commit: B, hosts: ['web3'] },
      ],
      lack: [],
      notTold: [],
    })
    expect(tags.find(({ tag }) => tag === 'v3')?.lack).to.deep.equal(['web2', 'web3'])
  })

  it('are not said to be missing on a host that has more tags than it tells', () => {
    const all = new Map([
      ['web1', told({ v9: A, v1: A })],
      ['web2', told({ v9: A }, false)],
    ])
    expect(foldTags(all, undefined).tags.at(-1)).to.deep.include({ tag: 'v1', lack: [], notTold: ['web2'] })
  })

  it('have the one that was asked about, also where no host has it', () => {
    expect(foldTags(new Map([['web1', told({})]]), 'v7')).to.deep.equal({
      tags: [{ tag: 'v7', commits: [], lack: ['web1'], notTold: [] }],
      count: 1,
    })
  })

  it('that are numbers have the largest first', () => {
    const { tags } = foldTags(new Map([['web1', told({ 9: A, 10: A, v1: A })]]), undefined)
    expect(tags.map(({ tag }) => tag)).to.deep.equal(['10', '9', 'v1'])
  })

  it('account for each host once in each tag, and are bounded', () => {
    const names = fc.uniqueArray(fc.integer({ min: 0, max: 80 }).map((n) => `v${n}`))
    const host = fc.record({ names, isWhole: fc.boolean(), commit: fc.constantFrom(A, B) })
    fc.assert(
      fc.property(fc.array(host, { maxLength: 6 }), (hosts) => {
        const all = new Map(
          hosts.map(({ names: own, isWhole, commit }, n) => [
            `web${n}`,
            told(Object.fromEntries(own.map((name) => [name, commit])), isWhole),
          ]),
        )
        const { tags, count } = foldTags(all, undefined)
        expect(tags.length).to.equal(Math.min(count, MAX_TAGS))
        for (const { commits, lack, notTold } of tags)
          expect([...commits.flatMap((each) => each.hosts), ...lack, ...notTold].sort()).to.deep.equal(
            [...all.keys()].sort(),
          )
      }),
    )
  })
})
