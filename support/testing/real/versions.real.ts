import { execFileSync } from 'node:child_process'
import { expect } from 'chai'
import fc from 'fast-check'
import { compareVersions } from '../../rollout/model/versions'

const PAIRS = 4_000
const SEED = 20_261_121

const piece = fc.oneof(
  fc.nat({ max: 20 }).map(String),
  fc.constantFrom('a', 'b', 'rc1', 'el5', 'deb12u1', 'Z', '00', '010', '~', '~~', '+', 'git', '^'),
)
const run = fc
  .array(fc.tuple(piece, fc.constantFrom('.', '', '~', '+', '.')), { minLength: 1, maxLength: 4 })
  .map((parts) => parts.map((part) => part.join('')).join(''))

function pairsOf(version: fc.Arbitrary<string>): [string, string][] {
  // Half of the pairs differ in one place only, since most random pairs differ in the first.
  const near = fc.tuple(version, piece, fc.nat()).map(([text, other, at]): [string, string] => {
    const cut = at % (text.length + 1)
    return [text, text.slice(0, cut) + other + text.slice(cut)]
  })
  return fc.sample(fc.oneof(fc.tuple(version, version), near), { numRuns: PAIRS, seed: SEED })
}

describe("dpkg's own order of versions", () => {
  const version = fc
    .tuple(
      fc.constantFrom('', '', '0:', '1:'),
      fc.nat({ max: 9 }),
      run,
      fc.constantFrom('', '-1', '-1~bpo1', '-0', '-2.el5'),
    )
    .map(([epoch, first, rest, revision]) => `${epoch}${first}${rest.replaceAll('^', '')}${revision}`)

  it(`agrees with ours on ${PAIRS} pairs`, () => {
    const pairs = pairsOf(version).filter(([a, b]) =>
      [a, b].every((each) => /^(\d+:)?\d[A-Za-z0-9.+~-]*$/.test(each)),
    )
    const script = `while read -r a b; do if dpkg --compare-versions "$a" lt "$b"; then echo -1; elif dpkg --compare-versions "$a" gt "$b"; then echo 1; else echo 0; fi; done`
    const said = execFileSync('bash', ['-c', script], {
      input: pairs.map((pair) => `${pair.join(' ')}\n`).join(''),
      encoding: 'utf8',
      maxBuffer: 16 * 1024 * 1024,
    })
    expectAgreement('dpkg', pairs, said.trim().split('\n').map(Number))
    expect(pairs.length).to.be.above(PAIRS * 0.8)
  }).timeout(300_000)
})

describe("rpm's own order of versions", () => {
  it(`agrees with ours on ${PAIRS} pairs`, () => {
    const pairs = pairsOf(run).filter((pair) => pair.every((each) => /^[A-Za-z0-9.+~^]+$/.test(each)))
    const said: number[] = []
    for (let from = 0; from < pairs.length; from += 200) {
      const calls = pairs.slice(from, from + 200).map(([a, b]) => `print(rpm.vercmp("${a}","${b}").." ")`)
      const output = execFileSync('rpm', ['--eval', `%{lua:${calls.join(' ')}}`], { encoding: 'utf8' })
      said.push(...output.trim().split(/\s+/).map(Number))
    }
    expectAgreement('rpm', pairs, said)
    expect(pairs.length).to.be.above(PAIRS * 0.8)
  }).timeout(300_000)

  it('agrees with ours on epochs: one that is missing is 0', () => {
    const epoch = fc.constantFrom('', '', '0:', '1:', '2:')
    const whole = fc.tuple(epoch, fc.nat({ max: 3 }), fc.nat({ max: 3 }))
    const written = whole.map(([own, version, release]) => `${own}${version}.0-${release}`)
    const pairs = fc.sample(fc.tuple(written, written), { numRuns: 400, seed: SEED })
    const calls = pairs.map(([a, b]) => `say("${a}","${b}")`)
    const script = `function say(a,b) local x,y=rpm.ver(a),rpm.ver(b) print((x<y and -1 or (x==y and 0 or 1)).." ") end ${calls.join(' ')}`
    const output = execFileSync('rpm', ['--eval', `%{lua:${script}}`], { encoding: 'utf8' })
    expectAgreement('rpm', pairs, output.trim().split(/\s+/).map(Number))
  })
})

function expectAgreement(
  order: 'dpkg' | 'rpm',
  pairs: readonly [string, string][],
  said: readonly number[],
): void {
  expect(said).to.have.length(pairs.length)
  const wrong = pairs.flatMap(([a, b], index) => {
    const ours = Math.sign(compareVersions(order, a, b))
    return ours === said[index] ? [] : [`${a} and ${b}: ours ${ours}, ${order} says ${said[index]}`]
  })
  expect(wrong).to.deep.equal([])
}
