import { expect } from 'chai'
import fc from 'fast-check'
import {
  compareVersions,
  goesBack,
  isSameVersion,
  leavesEpochOut,
  mayBeSameVersion,
  orderOf,
  wouldGoBack,
  type VersionOrder,
} from './versions'

const sign = (order: VersionOrder, a: string, b: string) => Math.sign(compareVersions(order, a, b))

describe('the order of versions', () => {
  const cases: [VersionOrder, string, number, string][] = [
    ['dpkg', '1.0~rc1', -1, '1.0'],
    ['dpkg', '1.0~~', -1, '1.0~'],
    ['dpkg', '1.0-1', -1, '1.0-1+b1'],
    ['dpkg', '2:1.0', 1, '1.9'],
    ['dpkg', '0:1.0', 0, '1.0'],
    ['dpkg', '1.10', 1, '1.9'],
    ['dpkg', '1.001', 0, '1.1'],
    ['dpkg', '1.0a', -1, '1.0+'],
    ['dpkg', '1.2.3-1~bpo', -1, '1.2.3-1'],
    ['dpkg', '4.2.6-2.el5', -1, '4.2.6-3.el5'],
    ['dpkg', '1.0-0', 0, '1.0'],
    ['rpm', '1.0~rc1', -1, '1.0'],
    ['rpm', '1.0^git1', 1, '1.0'],
    ['rpm', '1.0^git1', -1, '1.0.1'],
    ['rpm', '1.a', -1, '1.1'],
    ['rpm', '1.0-1', 0, '1.0'],
    ['rpm', '1:1.0-1', 1, '2.0-1'],
    ['rpm', '5.5p1', -1, '5.5p10'],
    ['rpm', '1.05', 0, '1.5'],
    ['rpm', '1_0', 0, '1.0'],
    ['rpm', '4.2.6-2.el5', -1, '4.2.6-3.el5'],
  ]
  for (const [order, a, expected, b] of cases) {
    it(`of ${order} has ${a} ${['before', 'beside', 'after'][expected + 1]} ${b}`, () => {
      expect(sign(order, a, b)).to.equal(expected)
      expect(sign(order, b, a)).to.equal(expected === 0 ? 0 : -expected)
    })
  }

  const version = fc.string({ unit: fc.constantFrom(...'0123456789aZ.+~-:^_'), maxLength: 14 })
  for (const order of ['dpkg', 'rpm'] as const) {
    it(`of ${order} is an order`, () => {
      fc.assert(
        fc.property(version, version, version, (a, b, c) => {
          expect(sign(order, a, a)).to.equal(0)
          expect(sign(order, a, b) + sign(order, b, a)).to.equal(0)
          // rpm leaves the release out where one side has none, so only whole versions can be put in a row.
          const whole = order === 'dpkg' || [a, b, c].every((each) => /[^-]-[^-]+$/.test(each))
          const [first, second, third] = [a, b, c].sort((x, y) => sign(order, x, y))
          if (whole && first !== undefined && second !== undefined && third !== undefined)
            expect(sign(order, first, third)).to.be.at.most(0)
        }),
      )
    })

    it(`of ${order} takes any text, and takes no longer for more of it`, () => {
      const long = `1.${'9a~'.repeat(300_000)}`
      expect(sign(order, long, `${long}1`)).not.to.equal(0)
      fc.assert(fc.property(fc.string({ unit: 'binary' }), fc.string(), (a, b) => void sign(order, a, b)))
    })
  }

  const same: [string, string, boolean, boolean][] = [
    ['2.0-1', '2.0-1', true, true],
    ['0:2.0-1', '2.0-1', true, true],
    ['2.0-1', '0:2.0-1', true, true],
    ['1:2.0-1', '2.0-1', false, true],
    ['2.0-1', '1:2.0-1', false, false],
    ['1:2.0-1', '01:2.0-1', true, true],
    ['1:2.0-1', '2:2.0-1', false, false],
    ['2.0-1', '2.0', false, false],
    ['2.00', '2.0', false, false],
    ['a:2.0', '2.0', false, false],
  ]
  for (const [has, wanted, dpkg, rpm] of same)
    it(`takes ${has} for ${wanted} ${dpkg ? 'always' : rpm ? 'with rpm' : 'never'}`, () => {
      expect(isSameVersion(has, wanted, 'dpkg')).to.equal(dpkg)
      expect(isSameVersion(has, wanted, 'rpm')).to.equal(rpm)
      expect(isSameVersion(has, wanted, undefined)).to.equal(dpkg && rpm)
    })

  it('has every version beside itself, and none that differs by more than its epoch', () => {
    fc.assert(
      fc.property(version, version, fc.constantFrom('dpkg' as const, 'rpm' as const), (a, b, order) => {
        expect(isSameVersion(a, a, order)).to.equal(true)
        const bare = (text: string) => text.replace(/^\d+:/, '')
        if (isSameVersion(a, b, order)) expect(bare(a)).to.equal(bare(b))
        if (order === 'dpkg' && isSameVersion(a, b, order)) expect(sign('dpkg', a, b)).to.equal(0)
      }),
    )
  })

  // What rpm says of whole versions: rpm --eval '%{lua: print(rpm.ver("2.1-1") < rpm.ver("1:2.0-1"))}'
  const back: [string, string, boolean, boolean, boolean][] = [
    ['1:2.0-1', '2.1-1', true, true, false],
    ['1:2.0-1', '1.9-1', true, true, true],
    ['1:2.0-1', '0:2.1-1', true, true, true],
    ['1:2.0-1', '1:2.1-1', false, false, false],
    ['1:2.0-1', '2.0-1', true, true, false],
    ['2.0-1', '1:1.0-1', false, false, false],
    ['2.0-1', '0:2.0-1', false, false, false],
  ]
  for (const [has, next, dpkg, rpm, written] of back)
    it(`has ${next} ${rpm ? 'before' : 'not before'} ${has} with rpm, ${written ? 'also' : 'and not'} where a feature asks for it`, () => {
      expect(goesBack(has, next, 'dpkg')).to.equal(dpkg)
      expect(goesBack(has, next, 'rpm')).to.equal(rpm)
      expect(wouldGoBack(has, next, 'dpkg')).to.equal(dpkg)
      expect(wouldGoBack(has, next, 'rpm')).to.equal(written)
      expect(wouldGoBack(has, next, undefined)).to.equal(dpkg === written ? dpkg : undefined)
    })

  it('has no wanted version before the one that is the same', () => {
    const epoch = fc.constantFrom('', '0:', '1:', '2:')
    fc.assert(
      fc.property(
        epoch,
        epoch,
        version,
        fc.constantFrom('dpkg' as const, 'rpm' as const),
        (a, b, bare, order) => {
          const [has, wanted] = [a + bare, b + bare]
          if (isSameVersion(has, wanted, order)) expect(wouldGoBack(has, wanted, order)).to.equal(false)
          if (order === 'rpm' && wouldGoBack(has, wanted, order) !== goesBack(has, wanted, order))
            expect(leavesEpochOut(wanted, has)).to.equal(true)
        },
      ),
    )
  })

  it('may be the same as another that leaves its epoch out', () => {
    expect(mayBeSameVersion('1:2.0-1', '2.0-1')).to.equal(true)
    expect(mayBeSameVersion('2.0-1', '1:2.0-1')).to.equal(true)
    expect(mayBeSameVersion('1:2.0-1', '2:2.0-1')).to.equal(false)
    expect(mayBeSameVersion('2.0-1', '2.0')).to.equal(false)
  })

  it('is known by the name of the package manager', () => {
    expect(['apt', 'yum', 'dnf', 'gem', null, undefined].map(orderOf)).to.deep.equal([
      'dpkg',
      'rpm',
      'rpm',
      undefined,
      undefined,
      undefined,
    ])
  })
})
