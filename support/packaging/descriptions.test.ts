import { expect } from 'chai'
import { formatBill } from './bill_of_materials'
import { highestGlibc } from './bundled_node'
import { formatControl, readScript } from './deb'
import { HOST_PACKAGES, leadsToAgent, unitOf } from './host_packages'
import { formatSpec } from './rpm'

const [AGENT, COMMAND] = HOST_PACKAGES

describe('what a package for hosts says of itself', () => {
  const node = { glibc: '2.28', version: '20.1.0' }
  const parts = { version: '1.2.0', architecture: 'amd64', node, sizeKiB: 7 }

  it('is what dpkg reads', () => {
    if (AGENT === undefined) throw new Error('there is no agent')
    const control = formatControl(AGENT, parts)
    expect(control).to.match(/^Package: lockstep-agent\nVersion: 1\.2\.0\nArchitecture: amd64\n/)
    expect(control).to.contain('\nDepends: libc6 (>= 2.28), libgcc-s1, libstdc++6\n')
    expect(control).to.match(/\nDescription: .{1,80}\n(?: .+\n)+$/)
  })

  it('is what rpm reads: scripts for the service alone', () => {
    if (AGENT === undefined || COMMAND === undefined) throw new Error('there are not two packages')
    const needs = ['libc.so.6(GLIBC_2.28)(64bit)']
    const agent = formatSpec(AGENT, { version: '1.2.0-rc.1', needs, nodeVersion: '20.1.0' })
    expect(agent).to.contain('\nVersion: 1.2.0~rc.1\n').and.to.contain(`\nRequires: ${needs[0]}\n`)
    for (const section of ['%post', '%preun', '%postun']) expect(agent).to.contain(`\n${section}\n`)
    const command = formatSpec(COMMAND, { version: '1.2.0', needs, nodeVersion: '20.1.0' })
    expect(command).not.to.contain('%post')
    expect(command).to.contain('\n/usr/bin/lockstep\n')
  })

  it('has no mark left in its scripts', () => {
    for (const name of ['agent.postinst', 'agent.rpm.post'])
      expect(readScript(name)).to.contain('config=/etc/mcollective/server.cfg').and.not.to.contain('@')
    for (const name of ['agent.postinst', 'agent.rpm.postun'])
      expect(readScript(name)).to.contain('hand_over() {').and.not.to.contain('@')
  })

  it('has a unit that starts the package’s own Node', () => {
    if (AGENT === undefined) throw new Error('there is no agent')
    expect(unitOf(AGENT)).to.contain(
      'ExecStart=/usr/lib/lockstep-agent/bin/node /usr/lib/lockstep-agent/node_modules/lockstep/dist/support/bin/lockstep.cjs agent --config /etc/mcollective/server.cfg\n',
    )
  })

  it('has the command agent, and no other, for hosts', () => {
    const table = '/dist/support/bin/commands/hosts.js'
    expect(leadsToAgent(table, '/dist/support/bin/agent.js')).to.equal(true)
    expect(leadsToAgent(table, '/dist/support/bin/ping.js')).to.equal(false)
    expect(leadsToAgent(table, '/dist/support/system/errors.js')).to.equal(true)
    expect(leadsToAgent('/dist/support/bin/call.js', '/dist/support/bin/help.js')).to.equal(true)
  })

  it('compares versions of glibc by their numbers', () =>
    expect(highestGlibc(['libc.so.6(GLIBC_2.9)(64bit)', 'libm.so.6(GLIBC_2.27)(64bit)', 'a.so'])).to.equal(
      '2.27',
    ))
})

describe('a bill of materials', () => {
  const bill = {
    name: 'lockstep-agent',
    version: '1.2.0',
    epochS: 0,
    modules: ['node_modules/@s/a', 'node_modules/b/node_modules/c'],
    lock: {
      'node_modules/@s/a': { version: '2.0.0', license: 'MIT', integrity: 'sha512-AAEC' },
      'node_modules/b/node_modules/c': { version: '3.0.0', license: '(MIT OR Apache-2.0)' },
    },
    node: { version: '20.1.0', sha256: 'ab' },
  }

  it('names every module and Node, with the digests of what is in it', () => {
    const { components, dependencies } = JSON.parse(formatBill(bill)) as {
      components: { purl: string; hashes?: unknown; licenses?: unknown }[]
      dependencies: { dependsOn: string[] }[]
    }
    expect(components.map(({ purl }) => purl)).to.deep.equal([
      'pkg:generic/node@20.1.0',
      'pkg:npm/%40s/a@2.0.0',
      'pkg:npm/c@3.0.0',
    ])
    expect(components[1]?.hashes).to.deep.equal([{ alg: 'SHA-512', content: '000102' }])
    expect(components[2]?.licenses).to.deep.equal([{ expression: '(MIT OR Apache-2.0)' }])
    expect(dependencies[0]?.dependsOn).to.have.length(3)
  })

  it('is the same text for the same contents', () =>
    expect(formatBill(bill)).to.equal(formatBill({ ...bill })))
})
