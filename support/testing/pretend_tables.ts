import type { CommandRunner } from '../system/command'

/** Returns a kernel's packet filter as Lockstep uses it: its programs over tables of their own. */
export function firewallOf(program: 'iptables' | 'nft'): CommandRunner {
  const filter = program === 'iptables' ? iptables() : nft()
  return async (name, args) => {
    const said = filter(name, args)
    return said === undefined
      ? { exitCode: 1, stdout: '', output: 'Error: No such file or directory', failure: undefined }
      : { exitCode: 0, stdout: said, output: said, failure: undefined }
  }
}

type Filter = (program: string, args: readonly string[]) => string | undefined

function iptables(): Filter {
  const tables = new Map<string, Map<string, string[]>>()
  return (program, [, , verb = '', chain = '', ...rest]) => {
    const chains = tables.get(program) ?? new Map([['INPUT', []]])
    tables.set(program, chains)
    const rules = chains.get(chain)
    switch (verb) {
      case '-S':
        return [...chains]
          .flatMap(([name, list]) => [
            name === 'INPUT' ? '-P INPUT ACCEPT' : `-N ${name}`,
            ...list.map((rule) => `-A ${name} ${rule}`),
          ])
          .join('\n')
      case '-N':
        chains.set(chain, [])
        return ''
      case '-I':
        rules?.unshift(written(rest.slice(1)))
        return rules && ''
      case '-D': {
        const at = rules?.indexOf(written(rest)) ?? -1
        if (at >= 0) rules?.splice(at, 1)
        return at >= 0 ? '' : undefined
      }
      default:
        return undefined
    }
  }
}

/** Returns the words as the program shows them: a single address is a net of its own. */
function written(words: readonly string[]): string {
  return words
    .map((word, at) =>
      words[at - 1] === '-s' && !word.includes('/') ? `${word}/${word.includes(':') ? 128 : 32}` : word,
    )
    .join(' ')
}

function nft(): Filter {
  let sets: Map<string, Set<string>> | undefined
  let rules: string[] = []
  const one = (line: string): string | undefined => {
    const [, set = '', address = ''] = /element inet lockstep (\w+) \{ (\S+) \}/.exec(line) ?? []
    if (line.startsWith('add table')) sets ??= new Map()
    else if (line.startsWith('delete table')) [sets, rules] = [undefined, []]
    else if (line.startsWith('add set')) sets?.set(line.split(' ')[4] ?? '', new Set())
    else if (line.startsWith('add rule')) rules.push(/@\w+/.exec(line)?.[0] ?? '')
    else if (line.startsWith('add element')) return sets?.get(set)?.add(address) && ''
    else if (line.startsWith('delete element')) return sets?.get(set)?.delete(address) ? '' : undefined
    return ''
  }
  return (_program, args) => {
    if (args[0] !== '-j') return args.join(' ').split('\n').map(one).at(-1)
    if (sets === undefined) return undefined
    return JSON.stringify({
      nftables: [
        { table: { name: 'lockstep' } },
        { chain: { name: 'input', hook: 'input' } },
        ...[...sets].map(([name, elements]) => ({ set: { name, elem: [...elements] } })),
        ...rules.map((right) => ({ rule: { expr: [{ match: { right } }, { drop: null }] } })),
      ],
    })
  }
}
