import { expect } from 'chai'
import fc from 'fast-check'
import { CELLS, matrixOf, oddHosts, type Cell, type Matrix } from './matrix'
import { html } from './html/markup'
import { matrixPicture } from './html/matrix_picture'

const host = (name: string, wave?: string) => ({ host: name, wave })
const passed = (name: string) => ({ host: name, passed: true, kind: 'answered' as const, seen: 'x' })
const line = (n: number) => ({ line: n, text: `line ${n}` })

describe('the matrix of a run', () => {
  const matrix = matrixOf({
    lines: [line(1), line(2), line(3), line(4)],
    begun: new Set([1, 2, 3]),
    ended: new Set([1, 2, 3]),
    hosts: [host('web1', 'a'), host('web2', 'a'), host('web3', 'b'), host('web4')],
    stopped: true,
    verdicts: [
      { line: 2, verdict: { observations: [passed('web1'), passed('web2')], unexpected: [] } },
      { line: 2, verdict: { observations: [{ ...passed('web3'), kind: 'done before' }], unexpected: [] } },
      {
        line: 3,
        verdict: {
          observations: [passed('web1'), { host: 'web3', passed: false, kind: 'silent', seen: 'no answer' }],
          unexpected: [],
          out: ['web2'],
        },
      },
    ],
  })

  it('has a line for each that says something about hosts, and for each that was never begun', () => {
    expect(matrix.lines.map((each) => each.line)).to.deep.equal([2, 3, 4])
    expect([...matrix.cells]).to.deep.equal([
      ['passed', 'passed', 'done before', 'not attempted'],
      ['passed', 'out', 'silent', 'not attempted'],
      ['not attempted', 'not attempted', 'not attempted', 'not attempted'],
    ])
  })

  it('knows the hosts that a person has to look at', () => {
    expect(oddHosts(matrix, 8)).to.deep.equal([
      { host: 'web3', cells: ['done before', 'silent', 'not attempted'] },
    ])
  })

  it('keeps the worst of what was seen of a host on a line', () => {
    const twice = (first: boolean, second: boolean) => [
      ...matrixOf({
        lines: [line(1)],
        begun: new Set([1]),
        ended: new Set([1]),
        hosts: [host('web1')],
        stopped: false,
        verdicts: [first, second].map((each) => ({
          line: 1,
          verdict: { observations: [{ ...passed('web1'), passed: each }], unexpected: [] },
        })),
      }).cells,
    ]
    expect([twice(true, false), twice(false, true)]).to.deep.equal([[['diverged']], [['diverged']]])
  })

  const pictureOf = (shown: Matrix) => [...matrixPicture(html, shown)].map(({ text }) => text).join('')

  it('is a picture that is well formed, for any names of hosts and lines', () => {
    const text = fc.string({ unit: 'binary', maxLength: 20 })
    fc.assert(
      fc.property(
        fc.array(text, { minLength: 1, maxLength: 5 }),
        fc.array(fc.constantFrom<Cell>(...CELLS), { maxLength: 40 }),
        (names, row) => {
          const picture = pictureOf({
            lines: names.map((name, index) => ({ line: index, text: name })),
            hosts: row.map((_, index) => host(`${names[0]}${index}`, names[index % names.length])),
            cells: names.map(() => row),
          })
          expect(picture.replace(/<\/?[a-z][^<>]*>/gi, '')).not.to.match(/[<>]/)
        },
      ),
    )
  })

  it('is a picture that is small for many hosts, however they differ, and never without the odd one', () => {
    const hosts = Array.from({ length: 10_000 }, (_, index) => host(`web${index}`, 'all'))
    const of = (cell: (index: number) => Cell) =>
      pictureOf({ lines: [line(1)], hosts, cells: [hosts.map((_, index) => cell(index))] })
    expect(of(() => 'passed').length).to.be.below(5_000)
    expect(of((index) => CELLS[index % CELLS.length] ?? 'passed').length).to.be.below(150_000)
    expect(of((index) => (index === 7_777 ? 'silent' : 'passed'))).to.contain(
      '<title>web7777: silent</title>',
    )
  })
})
