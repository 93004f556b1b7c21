import { expect } from 'chai'
import fc from 'fast-check'
import { circlesIn, type ImportGraph } from './circles'

const graph = (imports: Readonly<Record<string, string>>): ImportGraph =>
  new Map(Object.entries(imports).map(([file, to]) => [file, to.split(' ').filter(Boolean)]))

describe('circles in a graph of imports', () => {
  it('are the files that import each other, however long the way round is', () => {
    expect(circlesIn(graph({ a: 'b', b: 'c', c: '' }))).to.deep.equal([])
    expect(circlesIn(graph({ a: 'b c', b: 'd', c: 'd', d: '' }))).to.deep.equal([])
    expect(circlesIn(graph({ a: 'a' }))).to.deep.equal([['a']])
    expect(circlesIn(graph({ a: 'b', b: 'c', c: 'a d', d: 'e', e: 'd' }))).to.have.deep.members([
      ['a', 'b', 'c'],
      ['d', 'e'],
    ])
  })

  it('are all found, and nothing else is', () => {
    const files = ['a', 'b', 'c', 'd', 'e', 'f']
    const anyGraph = fc
      .array(fc.tuple(fc.constantFrom(...files), fc.constantFrom(...files)), { maxLength: 14 })
      .map(
        (arrows): ImportGraph =>
          new Map(files.map((file) => [file, arrows.flatMap(([from, to]) => (from === file ? [to] : []))])),
      )
    fc.assert(
      fc.property(anyGraph, (any) => {
        const reached = (from: string) => {
          const all = new Set(any.get(from))
          for (const file of all) for (const next of any.get(file) ?? []) all.add(next)
          return all
        }
        const inCircles = circlesIn(any).flat().sort()
        expect(inCircles).to.deep.equal(files.filter((file) => reached(file).has(file)))
        for (const circle of circlesIn(any))
          for (const file of circle)
            expect(circle).to.deep.equal(files.filter((o) => reached(file).has(o) && reached(o).has(file)))
      }),
    )
  })
})
