import { BlockList, isIP, isIPv6 } from 'node:net'
import type { CommandRunner } from '../../system/command'
import type { Firewall } from '../iptables'
import { complaint, LOOK_WITHIN, toItsEnd } from './programs'

export interface IptablesSettings {
  /** The chain of the filter table that INPUT leads to. It is made where there is none. */
  chain: string
  /** The target for packets: DROP or REJECT. */
  target: string
}

/** Options with which a rule is still about all packets of its source. */
const PLAIN = new Set(['-s', '-j', '--reject-with'])

type Family = 'iptables' | 'ip6tables'
/** Seconds to wait for another process that is changing the tables. */
const WAIT = ['-w', '10']

/**
 * Returns a firewall that blocks addresses in a chain of iptables. An address is blocked when its packets get from
 * INPUT to a rule of the chain that drops them all. No rule on the way may let any of them through.
 */
export function iptablesFirewall(run: CommandRunner, { chain, target }: IptablesSettings): Firewall {
  const program = toItsEnd(run)
  const tables = async (family: Family, ...args: string[]) => {
    const ended = await program(family, [...WAIT, ...args], { within: LOOK_WITHIN })
    if (ended.exitCode !== 0) throw complaint(family, ended, /^(ip6?tables|Another app)/)
    return ended.stdout.split('\n')
  }
  const look = async (family: Family) => new Tables(await tables(family, '-S'))
  const familyOf = (address: string): Family => (isIPv6(address) ? 'ip6tables' : 'iptables')
  return {
    async blocked() {
      const both = await Promise.all([look('iptables'), look('ip6tables').catch(nothingWithoutIpv6)])
      return both.flatMap((each) => each.blockedIn(chain))
    },
    async block(address) {
      const family = familyOf(address)
      if (!(await look(family)).has(chain)) await tables(family, '-N', chain)
      await tables(family, '-I', chain, '1', '-s', address, '-j', target)
      const isBlocked = (await look(family)).blockedIn(chain).includes(canonical(address))
      // Packets do not get to the chain yet, or get past it.
      if (!isBlocked) await tables(family, '-I', 'INPUT', '1', '-j', chain)
    },
    async unblock(address) {
      const family = familyOf(address)
      // The table may hold the rule more than once.
      for (;;) {
        const rule = (await look(family)).dropping(chain, canonical(address))
        if (rule === undefined) return
        await tables(family, '-D', chain, ...rule.words)
      }
    },
  }
}

/**
 * Matches what is said on a host without IPv6: no program, no such family in the kernel, or no such table (exit status
 * 3 of iptables(8)).
 */
const WITHOUT_IPV6 = /ENOENT|exit status (?:3|127)\b|not supported|[Tt]able does not exist/

/** Returns no rules for a host without IPv6. @throws the error where the rules are there and could not be read */
function nothingWithoutIpv6(error: Error): Tables {
  if (WITHOUT_IPV6.test(error.message)) return new Tables([])
  throw error
}

/** The rules of one family, as `-S` lists them. */
class Tables {
  private readonly chains = new Map<string, Rule[]>()

  constructor(lines: readonly string[]) {
    for (const line of lines) {
      const [verb = '', name = ''] = line.split(' ')
      if (verb === '-N' || verb === '-P') this.chains.set(name, [])
      if (verb === '-A') this.chains.get(name)?.push(readRule(line))
    }
  }

  has(chain: string): boolean {
    return this.chains.has(chain)
  }

  dropping(chain: string, address: string): Rule | undefined {
    return this.chains.get(chain)?.find(({ drops, only }) => drops && only === address)
  }

  blockedIn(chain: string): string[] {
    const found = new Set<string>()
    this.walk('INPUT', [], (name, rule, before) => {
      const { only } = rule
      if (name !== chain || !rule.drops || only === undefined) return
      if (!before.some(({ source }) => covers(source, only))) found.add(only)
    })
    return [...found]
  }

  /** Follows all packets from a chain on; `before` are the rules that have let some of them out of it already. */
  private walk(
    name: string,
    before: readonly Rule[],
    visit: (name: string, rule: Rule, before: readonly Rule[]) => void,
    path: readonly string[] = [],
  ): readonly Rule[] {
    let accepted = [...before]
    const returned: Rule[] = []
    for (const rule of this.chains.get(name) ?? []) {
      visit(name, rule, [...accepted, ...returned])
      if (rule.isHarmless) continue
      if (rule.target === 'ACCEPT') accepted.push(rule)
      else if (rule.target === 'RETURN') returned.push(rule)
      else if (this.chains.has(rule.target) && !path.includes(rule.target)) {
        if (rule.isForAll) {
          const after = this.walk(rule.target, [...accepted, ...returned], visit, [...path, name])
          accepted = after.filter((each) => !returned.includes(each))
        } else if (this.mayAccept(rule.target, path)) accepted.push(rule)
      }
    }
    return accepted
  }

  private mayAccept(name: string, path: readonly string[]): boolean {
    if (path.includes(name)) return false
    return (this.chains.get(name) ?? []).some(
      ({ target }) => target === 'ACCEPT' || this.mayAccept(target, [...path, name]),
    )
  }
}

interface Rule {
  /** The words of the rule for `-D`. */
  words: string[]
  target: string
  /** The single address that the rule is about. */
  only: string | undefined
  source: string | undefined
  drops: boolean
  /** True when the rule is about every packet. */
  isForAll: boolean
  /** True when the rule lets through only this machine's own packets, or those of connections let through before. */
  isHarmless: boolean
}

function readRule(line: string): Rule {
  const words = line.split(' ').slice(2)
  const options = words.filter((word) => word.startsWith('-'))
  const target = words[words.indexOf('-j') + 1] ?? ''
  const isNegated = words.includes('!')
  const isPlain = !isNegated && options.every((option) => PLAIN.has(option))
  const [, source] = /(?:^| )-s (\S+)/.exec(line) ?? []
  const [, address, length] = /^([^/]+)\/(\d+)$/.exec(source ?? '') ?? []
  const single =
    address !== undefined && length === (isIPv6(address) ? '128' : '32') ? canonical(address) : undefined
  return {
    words,
    target,
    source: isNegated ? undefined : source,
    only: isPlain ? single : undefined,
    drops: isPlain && (target === 'DROP' || target === 'REJECT'),
    isForAll: isPlain && source === undefined,
    isHarmless: !isNegated && / -i lo( |$)|state \S*ESTABLISHED/.test(line) && !/state \S*NEW/.test(line),
  }
}

/** Returns whether packets of the address are among those of the source; no source stands for all packets. */
function covers(source: string | undefined, address: string): boolean {
  const [, net, length] = /^([^/]+)\/(\d+)$/.exec(source ?? '') ?? []
  if (net === undefined || isIP(net) === 0) return true
  const list = new BlockList()
  list.addSubnet(net, Number(length), isIPv6(net) ? 'ipv6' : 'ipv4')
  return list.check(address, isIPv6(address) ? 'ipv6' : 'ipv4')
}

/** Returns the address in iptables' form: IPv6 in its shortest. */
function canonical(address: string): string {
  return isIPv6(address) ? new URL(`http://[${address}]/`).hostname.slice(1, -1) : address
}
