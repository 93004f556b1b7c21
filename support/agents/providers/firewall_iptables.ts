import { BlockList, isIP, isIPv6 } from 'node:net'
import type { CommandRunner } from '../../system/command'
import type { Firewall } from '../iptables'
import { complaint, LOOK_WITHIN, toItsEnd } from './programs'

export interface IptablesSettings {
  /** A chain of the filter table that INPUT leads to. It is made where there is none. */
  chain: string
  /** What becomes of packets: DROP or REJECT. */
  target: string
}

/** Options that leave a rule about all packets of its source. */
const PLAIN = new Set(['-s', '-j', '--reject-with'])

type Family = 'iptables' | 'ip6tables'
/** Seconds to wait for whoever else is changing the tables. */
const WAIT = ['-w', '10']

/**
 * Addresses blocked in a chain of iptables. One is blocked when INPUT reaches a rule of the chain that drops all of its
 * packets, and no rule before that lets some of them through.
 */
export function iptablesFirewall(run: CommandRunner, { chain, target }: IptablesSettings): Firewall {
  const program = toItsEnd(run)
  const tables = async (family: Family, ...args: string[]) => {
    const ended = await program(family, [...WAIT, ...args], { within: LOOK_WITHIN })
    if (ended.exitCode !== 0) throw complaint(family, ended, /^(ip6?tables|Another app)/)
    return ended.stdout.split('\n')
  }
  const look = async (family: Family) => {
    const rules = await tables(family, '-S')
    const inChain = rules.filter((rule) => rule.startsWith(`-A ${chain} `))
    const exists = rules.includes(`-N ${chain}`)
    return { inChain, exists, isReached: reaches(rules, chain) }
  }
  const familyOf = (address: string): Family => (isIPv6(address) ? 'ip6tables' : 'iptables')
  return {
    async blocked() {
      // A host without IPv6 blocks nothing there.
      const none = { inChain: [], exists: false, isReached: false }
      const both = await Promise.all([look('iptables'), look('ip6tables').catch(() => none)])
      return both.flatMap(({ inChain, isReached }) => (isReached ? blockedBy(inChain) : []))
    },
    async block(address) {
      const family = familyOf(address)
      const { exists, isReached } = await look(family)
      if (!exists) await tables(family, '-N', chain)
      if (!isReached) await tables(family, '-I', 'INPUT', '1', '-j', chain)
      await tables(family, '-I', chain, '1', '-s', address, '-j', target)
    },
    async unblock(address) {
      const family = familyOf(address)
      // The same rule may have been written more than once.
      for (;;) {
        const { inChain } = await look(family)
        const rule = inChain.map(readRule).find((each) => each.drops && each.only === canonical(address))
        if (rule === undefined) return
        await tables(family, '-D', chain, ...rule.words)
      }
    },
  }
}

interface Rule {
  /** As `-D` wants it. */
  words: string[]
  /** The single address that it is about. */
  only: string | undefined
  source: string | undefined
  drops: boolean
  /** It ends the chain in favour of packets that it matches, or of some of them. */
  lets: boolean
}

function readRule(line: string): Rule {
  const words = line.split(' ').slice(2)
  const after = (option: string) => (words.includes(option) ? words[words.indexOf(option) + 1] : undefined)
  const target = after('-j')
  const [, source] = /(?:^| )-s (\S+)/.exec(line) ?? []
  const isNegated = words.includes('!')
  const isPlain =
    !isNegated && words.filter((word) => word.startsWith('-')).every((option) => PLAIN.has(option))
  const [, address, length] = /^([^/]+)\/(\d+)$/.exec(source ?? '') ?? []
  const single =
    address !== undefined && length === (isIPv6(address) ? '128' : '32') ? canonical(address) : undefined
  return {
    words,
    source: isNegated ? undefined : source,
    only: isPlain ? single : undefined,
    drops: isPlain && (target === 'DROP' || target === 'REJECT'),
    lets: target === 'ACCEPT' || target === 'RETURN',
  }
}

function blockedBy(lines: readonly string[]): string[] {
  const rules = lines.map(readRule)
  const found = rules.flatMap(({ drops, only }, at) => {
    if (!drops || only === undefined) return []
    const before = rules.slice(0, at)
    return before.some((rule) => rule.lets && covers(rule.source, only)) ? [] : [only]
  })
  return [...new Set(found)]
}

/** Whether packets of that address are among those of that source; a rule without one is about all. */
function covers(source: string | undefined, address: string): boolean {
  const [, net, length] = /^([^/]+)\/(\d+)$/.exec(source ?? '') ?? []
  if (net === undefined || isIP(net) === 0) return true
  const list = new BlockList()
  const family = isIPv6(net) ? 'ipv6' : 'ipv4'
  list.addSubnet(net, Number(length), family)
  return list.check(address, isIPv6(address) ? 'ipv6' : 'ipv4')
}

/** Whether INPUT leads to the chain for every packet: directly, or through chains that do. */
function reaches(rules: readonly string[], chain: string): boolean {
  const seen = new Set<string>()
  const from = (start: string): boolean => {
    if (seen.has(start)) return false
    seen.add(start)
    return rules
      .filter((rule) => rule.startsWith(`-A ${start} -j `))
      .map((rule) => rule.split(' ')[3] ?? '')
      .some((target) => target === chain || from(target))
  }
  return from('INPUT')
}

/** As iptables writes it: IPv6 in its shortest form. */
function canonical(address: string): string {
  return isIPv6(address) ? new URL(`http://[${address}]/`).hostname.slice(1, -1) : address
}
