import { spawnSync } from 'node:child_process'
import { expect } from 'chai'
import fc from 'fast-check'
import { decodeMarshal } from './decode'
import { encodeMarshal } from './encode'
import { rubyValue } from '../../testing/arbitraries'
import { skipWithoutRuby } from '../../testing/ruby'

const VALUES = 4000

// Both programs speak in lines of hexadecimal, one document a line.
const RELOAD = 'STDIN.each_line { |l| puts Marshal.dump(Marshal.load([l.chomp].pack("H*"))).unpack1("H*") }'
const GENERATE = `
  R = Random.new(ARGV[0].to_i)
  def text(n) = Array.new(R.rand(n)) { [R.rand(0x20..0x2fff)].pack("U") }.join
  def value(d)
    case R.rand(d > 4 ? 9 : 12)
    when 0 then nil
    when 1 then R.rand(2) == 0
    when 2 then R.rand(-300..300)
    when 3 then R.rand(-(2**R.rand(1..40))..2**R.rand(1..40))
    when 4 then R.rand(2**R.rand(1..200)) * [1, -1].sample(random: R)
    when 5 then [R.rand * 10.0**R.rand(-300..300), R.rand(100).to_f, Float::INFINITY, Float::NAN, -0.0].sample(random: R)
    when 6 then text(30)
    when 7 then (text(8) + "s").to_sym
    when 8 then [R.bytes(R.rand(20)), text(5).force_encoding("Shift_JIS"), "ab".encode("US-ASCII")].sample(random: R)
    when 9, 10 then Array.new(R.rand(5)) { value(d + 1) }
    else h = R.rand(4) == 0 ? Hash.new(value(d + 1)) : {}; R.rand(5).times { h[text(6)] = value(d + 1) }; h
    end
  end
  ${VALUES}.times { puts Marshal.dump(value(0)).unpack1("H*") }`

describe('Ruby Marshal, beside real ruby', () => {
  before(skipWithoutRuby)

  it(`reads ${VALUES} values that Ruby made up, and writes them back byte for byte`, () => {
    const documents = ruby(['-e', GENERATE, '20101120'])
    expect(documents).to.have.length(VALUES)
    for (const document of documents) {
      const value = decodeMarshal(Buffer.from(document, 'hex'))
      expect(encodeMarshal(value).toString('hex')).to.equal(document)
    }
  })

  it(`writes ${VALUES} values that Ruby reads, and writes back the same @long`, () => {
    const documents = fc.sample(rubyValue(), VALUES).map((value) => encodeMarshal(value).toString('hex'))
    const reloaded = ruby(['-e', RELOAD], documents.join('\n'))
    expect(reloaded).to.have.length(VALUES)
    // Ruby shares equal string keys of hashes that it has read; reading and writing here undoes that.
    const unshared = reloaded.map((line) =>
      encodeMarshal(decodeMarshal(Buffer.from(line, 'hex'))).toString('hex'),
    )
    documents.forEach((document, i) => expect(unshared[i]).to.equal(document))
  })
})

function ruby(args: string[], input = ''): string[] {
  const done = spawnSync('ruby', args, { input, encoding: 'utf8', maxBuffer: 256 * 1024 * 1024 })
  if (done.status !== 0) throw new Error(`ruby failed: ${done.stderr}`)
  return done.stdout.trimEnd().split('\n')
}
