import { isIPv6 } from 'node:net'
import type { CommandRunner } from '../../system/command'
import type { Firewall } from '../iptables'
import { complaint, LOOK_WITHIN, toItsEnd } from './programs'

const TABLE = ['inet', 'lockstep']
/** The chain's hook, before the usual filter chains: packets that they accept are dropped all the same. */
const CHAIN = '{ type filter hook input priority -10 ; }'
const SETS = [
  { set: 'blocked4', type: 'ipv4_addr', match: 'ip' },
  { set: 'blocked6', type: 'ipv6_addr', match: 'ip6' },
] as const

/** Returns a firewall that blocks addresses in sets of the table `inet lockstep`, made with the first address. */
export function nftablesFirewall(run: CommandRunner): Firewall {
  const program = toItsEnd(run)
  const nft = async (...args: string[]) => {
    const ended = await program('nft', args, { within: LOOK_WITHIN })
    if (ended.exitCode !== 0) throw complaint('nft', ended, /Error/)
    return ended.stdout
  }
  const look = async (): Promise<Listing> => {
    const ended = await program('nft', ['-j', 'list', 'table', ...TABLE], { within: LOOK_WITHIN })
    if (ended.exitCode === 0) return readTable(ended.stdout)
    if (/No such file or directory/.test(ended.output)) return { elements: [], inForce: false }
    throw complaint('nft', ended, /Error/)
  }
  const setOf = (address: string) => SETS[isIPv6(address) ? 1 : 0].set
  return {
    async blocked() {
      const { elements, inForce } = await look()
      return inForce ? elements : []
    },
    async block(address) {
      if (!(await look()).inForce) await nft(...makeAnew((await look()).elements))
      await nft('add', 'element', ...TABLE, setOf(address), `{ ${address} }`)
    },
    unblock: async (address) =>
      void (await nft('delete', 'element', ...TABLE, setOf(address), `{ ${address} }`)),
  }
}

interface Listing {
  elements: string[]
  /** True when packets get to both rules. */
  inForce: boolean
}

/** Returns the table as one command line, so that it is made whole or not at all. Blocked addresses stay blocked. */
function makeAnew(elements: readonly string[]): string[] {
  const table = TABLE.join(' ')
  const lines = [
    `add table ${table}`,
    `delete table ${table}`,
    `add table ${table}`,
    `add chain ${table} input ${CHAIN}`,
  ]
  for (const { set, type, match } of SETS) {
    lines.push(`add set ${table} ${set} { type ${type} ; }`)
    lines.push(`add rule ${table} input ${match} saddr @${set} drop`)
  }
  for (const address of elements)
    lines.push(`add element ${table} ${SETS[isIPv6(address) ? 1 : 0].set} { ${address} }`)
  return [lines.join('\n')]
}

function readTable(json: string): Listing {
  const { nftables = [] } = JSON.parse(json) as { nftables?: unknown[] }
  const items = nftables.map((item) => item as Record<string, Record<string, unknown> | undefined>)
  const isDormant = items.some(({ table }) => JSON.stringify(table?.['flags'] ?? '').includes('dormant'))
  const isHooked = items.some(({ chain }) => chain?.['name'] === 'input' && chain['hook'] === 'input')
  const rules = items.flatMap(({ rule }) => (rule === undefined ? [] : [JSON.stringify(rule['expr'])]))
  const drops = SETS.every(({ set }) =>
    rules.some((rule) => rule.includes(`"@${set}"`) && rule.includes('"drop"')),
  )
  const elements = items.flatMap(({ set }) => (Array.isArray(set?.['elem']) ? set['elem'] : []))
  return {
    elements: elements.filter((each): each is string => typeof each === 'string'),
    inForce: isHooked && drops && !isDormant,
  }
}
