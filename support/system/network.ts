import { isIPv4, isIPv6 } from 'node:net'

/** A network: all addresses whose first `prefix` bits are those of `first`. An address alone is a network of one. */
export interface Network {
  bits: 32 | 128
  first: bigint
  prefix: number
}

/**
 * Parses an address or a network, such as `192.0.2.7`, `192.0.2.0/24` or `2001:db8::/32`. Undefined for any other text, for
 * a network with bits behind its prefix, and for an IPv4 address in IPv6, which servers take for either.
 */
export function parseNetwork(text: string): Network | undefined {
  const [, address = '', written] = /^([0-9a-fA-F.:]+)(?:\/(0|[1-9]\d{0,2}))?$/.exec(text) ?? []
  const first = isIPv4(address) ? parseFour(address) : isIPv6(address) ? parseSix(address) : undefined
  if (first === undefined) return undefined
  const bits = isIPv4(address) ? 32 : 128
  const prefix = written === undefined ? bits : Number(written)
  if (prefix > bits) return undefined
  const rest = BigInt(bits - prefix)
  return (first >> rest) << rest === first ? { bits, first, prefix } : undefined
}

/** Returns whether all addresses of `inner` are in `outer`. */
export function contains(outer: Network, inner: Network): boolean {
  const rest = BigInt(outer.bits - outer.prefix)
  return (
    outer.bits === inner.bits && outer.prefix <= inner.prefix && inner.first >> rest === outer.first >> rest
  )
}

/** Returns whether all addresses of one text are in another; false for a text that is no network. */
export function isWithin(inner: string, outer: string): boolean {
  const [one, other] = [parseNetwork(inner), parseNetwork(outer)]
  return one !== undefined && other !== undefined && contains(other, one)
}

/** Returns whether an address is in both networks. */
export function overlap(one: Network, other: Network): boolean {
  return contains(one, other) || contains(other, one)
}

function parseFour(address: string): bigint {
  return address.split('.').reduce((sum, part) => sum * 256n + BigInt(part), 0n)
}

function parseSix(address: string): bigint | undefined {
  if (address.includes('.')) return undefined
  const [left = '', right] = address.split('::')
  const groups = (text: string) => (text === '' ? [] : text.split(':'))
  const [before, after] = [groups(left), groups(right ?? '')]
  const zeros = Array.from({ length: 8 - before.length - after.length }, () => '0')
  const value = [...before, ...zeros, ...after].reduce(
    (sum, group) => sum * 65_536n + BigInt(`0x${group}`),
    0n,
  )
  return value >> 32n === MAPPED ? undefined : value
}

/** The bits before an IPv4 address that is written as one of IPv6. */
const MAPPED = 0xffffn
