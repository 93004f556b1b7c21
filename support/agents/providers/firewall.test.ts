import { expect } from 'chai'
import { reasonOf } from '../../testing/failure'
import { Programs, type Said } from '../../testing/programs'
import { firewallContract } from '../../testing/firewall_contract'
import { firewallOf } from '../../testing/pretend_tables'
import { iptablesFirewall } from './firewall_iptables'
import { nftablesFirewall } from './firewall_nftables'

const settings = { chain: 'junk_filter', target: 'DROP' }
const reached = ['-P INPUT ACCEPT', '-N junk_filter', '-A INPUT -j junk_filter']

function blockedBy(...rules: string[]): Promise<readonly string[]> {
  const { run } = new Programs({
    'iptables -w 10 -S': { stdout: rules.join('\n') },
    'ip6tables -w 10 -S': { exitCode: 3, output: 'ip6tables: no such table' },
  })
  return Promise.resolve(iptablesFirewall(run, settings).blocked())
}

describe('the packet filter of iptables', () => {
  firewallContract(async () => ({ firewall: iptablesFirewall(firewallOf('iptables'), settings), stop() {} }))

  it('blocks what a rule of the chain drops, by any author', async () => {
    expect(
      await blockedBy(
        ...reached,
        '-A junk_filter -s 10.0.0.1/32 -j DROP',
        '-A junk_filter -s 10.0.0.2/32 -j REJECT --reject-with icmp-port-unreachable',
        '-A junk_filter -s 10.0.0.1/32 -j DROP',
      ),
    ).to.deep.equal(['10.0.0.1', '10.0.0.2'])
  })

  it('does not call an address free while the rules of IPv6 cannot be read', async () => {
    const answers = (said: Said) =>
      iptablesFirewall(
        new Programs({ 'iptables -w': { stdout: '' }, 'ip6tables -w': said }).run,
        settings,
      ).blocked()
    const busy = { exitCode: 4, output: 'Another app is currently holding the xtables lock' }
    expect(await reasonOf(answers(busy))).to.match(/^ip6tables ended with exit status 4: Another app/)
    const slow = { failure: 'it took longer than 30 s and was ended' }
    expect(await reasonOf(answers(slow))).to.equal('ip6tables: it took longer than 30 s and was ended')
    for (const absent of [
      {
        exitCode: 3,
        output: "can't initialize ip6tables table `filter': Address family not supported by protocol",
      },
      { exitCode: 1, output: 'ip6tables: Failed to initialize nft: Protocol not supported' },
      { failure: 'it did not run: Command failed with ENOENT: ip6tables -w 10 -S' },
    ])
      expect(await answers(absent)).to.deep.equal([])
  })

  const notBlocked: [string, string[]][] = [
    [
      'in a chain that INPUT does not lead to',
      ['-P INPUT ACCEPT', '-N junk_filter', '-A junk_filter -s 10.0.0.1/32 -j DROP'],
    ],
    ['for one port alone', [...reached, '-A junk_filter -s 10.0.0.1/32 -p tcp --dport 80 -j DROP']],
    ['as part of a net', [...reached, '-A junk_filter -s 10.0.0.0/24 -j DROP']],
    ['for all others', [...reached, '-A junk_filter ! -s 10.0.0.1/32 -j DROP']],
    ['and only logged', [...reached, '-A junk_filter -s 10.0.0.1/32 -j LOG']],
    [
      'after a rule that lets its net through',
      [...reached, '-A junk_filter -s 10.0.0.0/8 -j ACCEPT', '-A junk_filter -s 10.0.0.1/32 -j DROP'],
    ],
    [
      'after INPUT has let its port through',
      [
        '-P INPUT DROP',
        '-N junk_filter',
        '-A INPUT -p tcp -m tcp --dport 80 -j ACCEPT',
        '-A INPUT -j junk_filter',
        '-A junk_filter -s 10.0.0.1/32 -j DROP',
      ],
    ],
    [
      'after a chain on the way has let it through',
      [
        '-P INPUT DROP',
        '-N site',
        '-N junk_filter',
        '-A INPUT -j site',
        '-A INPUT -j junk_filter',
        '-A site -s 10.0.0.0/24 -j ACCEPT',
        '-A junk_filter -s 10.0.0.1/32 -j DROP',
      ],
    ],
    [
      'after a chain for some packets that may let them through',
      [
        '-P INPUT DROP',
        '-N web',
        '-N junk_filter',
        '-A INPUT -p tcp -j web',
        '-A INPUT -j junk_filter',
        '-A web -j ACCEPT',
        '-A junk_filter -s 10.0.0.1/32 -j DROP',
      ],
    ],
    [
      'after a rule that lets all back',
      [...reached, '-A junk_filter -p tcp -j RETURN', '-A junk_filter -s 10.0.0.1/32 -j DROP'],
    ],
  ]
  for (const [what, rules] of notBlocked) {
    it(`does not block an address that is dropped ${what}`, async () => {
      expect(await blockedBy(...rules)).to.deep.equal([])
    })
  }

  it('blocks new connections after rules for this machine’s own and for those that were let through before', async () => {
    const rules = [
      '-P INPUT DROP',
      '-N other',
      '-N junk_filter',
      '-A INPUT -i lo -j ACCEPT',
      '-A INPUT -m conntrack --ctstate RELATED,ESTABLISHED -j ACCEPT',
      '-A INPUT -s 10.9.0.0/16 -p tcp -m tcp --dport 22 -j ACCEPT',
      '-A INPUT -j other',
      '-A INPUT -j junk_filter',
      '-A other -s 10.0.0.1/32 -j RETURN',
      '-A junk_filter -s 10.0.0.1/32 -j DROP',
    ]
    expect(await blockedBy(...rules)).to.deep.equal(['10.0.0.1'])
  })

  it('does not follow chains that lead back to themselves', async () => {
    const rules = [
      '-P INPUT ACCEPT',
      '-N a',
      '-N b',
      '-A INPUT -j a',
      '-A a -j b',
      '-A b -j a',
      '-A b -p tcp -j a',
    ]
    expect(await blockedBy(...rules)).to.deep.equal([])
  })

  it('is reached through other chains too', async () => {
    const rules = [
      '-P INPUT ACCEPT',
      '-N site',
      '-N junk_filter',
      '-A INPUT -j site',
      '-A site -j junk_filter',
    ]
    expect(await blockedBy(...rules, '-A junk_filter -s 10.0.0.1/32 -j DROP')).to.deep.equal(['10.0.0.1'])
  })

  it('says in iptables’ words what is wrong', async () => {
    const output = 'iptables v1.8.9: can’t initialize iptables table `filter’: Permission denied\n'
    const { run } = new Programs({ iptables: { exitCode: 3, output } })
    expect(await reasonOf(Promise.resolve(iptablesFirewall(run, settings).blocked()))).to.match(
      /Permission denied/,
    )
  })
})

describe('the packet filter of nftables', () => {
  firewallContract(async () => ({ firewall: nftablesFirewall(firewallOf('nft')), stop() {} }))

  it('blocks nothing in a table that is dormant, or that has lost its rules', async () => {
    const table = (flags: string[], rules: object[]) => ({
      stdout: JSON.stringify({
        nftables: [
          { table: { name: 'lockstep', flags } },
          { chain: { name: 'input', hook: 'input' } },
          { set: { name: 'blocked4', elem: ['10.0.0.1'] } },
          ...rules,
        ],
      }),
    })
    const rules = ['@blocked4', '@blocked6'].map((set) => ({
      rule: { expr: [{ match: { right: set } }, { drop: null }] },
    }))
    const seen = (flags: string[], some: object[]) =>
      nftablesFirewall(new Programs({ nft: table(flags, some) }).run).blocked()
    expect(await seen([], rules)).to.deep.equal(['10.0.0.1'])
    expect(await seen(['dormant'], rules)).to.deep.equal([])
    expect(await seen([], rules.slice(0, 1))).to.deep.equal([])
  })
})
