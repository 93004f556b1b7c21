import { expect } from 'chai'
import { areBack, formatPutBack, stillOut, type PutBack } from './put_back'

const seen = (host: string, passed: boolean) => ({
  host,
  passed,
  kind: 'answered' as const,
  seen: passed ? 'unblocked' : 'blocked',
})
const done = (...outcomes: PutBack['obligations'][number]['outcome'][]): PutBack => ({
  obligations: outcomes.map((outcome, index) => ({
    obligation: `blocks 10.0.0.${index + 1}`,
    hosts: ['a1', 'a2'],
    outcome,
  })),
  notKnown: [],
})

describe('what came of putting hosts back', () => {
  it('is told of each host, in a line for those of which the same was seen, with those that are out last', () => {
    const all = done([seen('a1', true), seen('a2', true)])
    expect(formatPutBack(all)).to.equal('blocks 10.0.0.1\n  ✔ a1, a2  unblocked\nPut back: 2 hosts\n')
    const hosts = Array.from({ length: 1_000 }, (_, n) => seen(`a${n + 1}`, n !== 332))
    expect(formatPutBack(done(hosts))).to.equal(
      'blocks 10.0.0.1\n  ✔ a[1-332,334-1000]  unblocked\n  ✘ a333  blocked\nStill out of rotation: 1 host\n',
    )
    expect(stillOut(all)).to.deep.equal([])
    expect(areBack(all)).to.equal(true)
    expect(formatPutBack({ ...all, wasStopped: true })).to.match(
      /\nPut back: 2 hosts; the wish to stop came when nothing was left to do\n$/,
    )
  })

  it('leaves hosts out that are seen out, or of which nothing is seen, and counts each once', () => {
    const some = done([seen('a1', true), seen('a2', false)], 'the balancer is away')
    expect(formatPutBack(some)).to.equal(
      'blocks 10.0.0.1\n  ✔ a1  unblocked\n  ✘ a2  blocked\nblocks 10.0.0.2\n  ✘ a1, a2  the balancer is away\nStill out of rotation: 2 hosts\n',
    )
  })

  it('is not that all are back where not everything is known, whether or not some are', () => {
    const nothing = { obligations: [], notKnown: ['x is cut off'] }
    expect(formatPutBack(nothing)).to.equal(
      'Not everything is known: x is cut off.\nNothing that was named is out of rotation.\n',
    )
    expect(areBack(nothing)).to.equal(false)
    const some = { ...done([seen('a1', true), seen('a2', true)]), notKnown: ['x is cut off'] }
    expect(formatPutBack(some)).to.match(/^Not everything is known: x is cut off\.\n[^]*Put back: 2 hosts\n$/)
    expect(areBack(some)).to.equal(false)
  })
})
