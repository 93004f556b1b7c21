import { BlockList, isIPv4 } from 'node:net'
import { expect } from 'chai'
import fc from 'fast-check'
import { contains, overlap, parseNetwork } from './network'

const network = (text: string) => parseNetwork(text) ?? expect.fail(`${text} is no network`)

describe('a network', () => {
  it('is an address, or one with a prefix and nothing behind it', () => {
    for (const text of [
      '192.0.2.7',
      '192.0.2.0/24',
      '0.0.0.0/0',
      '2001:db8::/32',
      '::1',
      'fe80::1:2',
      '1:2:3:4:5:6:7:8',
    ])
      expect(parseNetwork(text), text).to.not.equal(undefined)
    for (const text of [
      '',
      '192.0.2.7/24',
      '192.0.2.0/33',
      '192.0.2.0/024',
      '192.0.2',
      '192.0.2.07',
      '192.0.2.0/24;',
      '192.0.2.7 ',
      'all',
      'example.net',
      '::ffff:192.0.2.7',
      '::ffff:c000:207',
      'fe80::1%eth0',
      '2001:db8::1/32',
      '1::2::3',
    ])
      expect(parseNetwork(text), text).to.equal(undefined)
  })

  it('has an address exactly where Node’s own list says so', () => {
    const four = fc.ipV4()
    const six = fc.ipV6().filter((each) => parseNetwork(each) !== undefined)
    const pair = fc.oneof(fc.tuple(four, four), fc.tuple(six, six), fc.tuple(four, six))
    fc.assert(
      fc.property(pair, fc.integer({ min: 0, max: 128 }), ([of, address], written) => {
        const { bits, first } = network(of)
        const prefix = Math.min(written, bits)
        const rest = BigInt(bits - prefix)
        const outer = { bits, first: (first >> rest) << rest, prefix }
        const list = new BlockList()
        list.addSubnet(of, prefix, isIPv4(of) ? 'ipv4' : 'ipv6')
        const isIn = isIPv4(of) === isIPv4(address) && list.check(address, isIPv4(address) ? 'ipv4' : 'ipv6')
        expect(contains(outer, network(address)), `${of}/${prefix} ${address}`).to.equal(isIn)
      }),
    )
  })

  it('overlaps what it has, and what has it', () => {
    expect(overlap(network('192.0.2.0/24'), network('192.0.2.7'))).to.equal(true)
    expect(overlap(network('192.0.2.7'), network('192.0.2.0/24'))).to.equal(true)
    expect(overlap(network('192.0.2.0/25'), network('192.0.2.128/25'))).to.equal(false)
    expect(overlap(network('0.0.0.0/0'), network('::1'))).to.equal(false)
  })
})
