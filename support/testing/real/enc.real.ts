import { LOCKSTEP } from './program'
import { spawnSync } from 'node:child_process'
import { join } from 'node:path'
import { expect } from 'chai'
import { Scratch } from '../scratch'
import { puppetFolders } from './puppet_folders'

describe('Debian’s puppet, with our external node classifier', () => {
  let scratch: Scratch
  before(() => {
    scratch = new Scratch()
    scratch.write('lockstep.yaml', 'environments: { production: { inventory: [hosts.csv, more.yaml] } }\n')
    scratch.write(
      'hosts.csv',
      'host,role,classes,answer,code\nweb1.example.net,roles::web,ntp base::linux,yes,010\n',
    )
    scratch.write(
      'more.yaml',
      'hosts: { web1.example.net: { environment: production, facts: { time: "1:30" } } }\n',
    )
  })
  after(() => scratch.remove())

  function find(host: string) {
    const command = [process.execPath, LOCKSTEP, 'enc', '--config', join(scratch.path, 'lockstep.yaml')]
    const node = ['--node_terminus', 'exec', '--external_nodes', command.join(' ')]
    const asked = ['node', 'find', host, ...node, ...puppetFolders(scratch.path), '--render-as', 'json']
    return spawnSync('/usr/bin/puppet', asked, { encoding: 'utf8' })
  }

  it('gives a host its classes, its environment, and its facts as the text that they are', () => {
    const { stdout, stderr, status } = find('web1.example.net')
    expect(status, stderr).to.equal(0)
    const found = JSON.parse(stdout.slice(stdout.indexOf('{'))) as Record<string, unknown>
    expect(found).to.deep.include({
      name: 'web1.example.net',
      environment: 'production',
      classes: ['roles::web', 'ntp', 'base::linux'],
    })
    expect(found['parameters']).to.include({ role: 'roles::web', answer: 'yes', code: '010', time: '1:30' })
  }).timeout(300_000)

  it('refuses a host that is not in the inventory', () => {
    const { stdout, stderr, status } = find('web7.example.net')
    expect(status).not.to.equal(0)
    expect(`${stdout}${stderr}`).to.contain('web7.example.net')
    expect(`${stdout}${stderr}`).to.contain('returned 1')
  }).timeout(300_000)
})
