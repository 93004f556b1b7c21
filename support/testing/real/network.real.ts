import { spawnSync } from 'node:child_process'
import { join, resolve } from 'node:path'
import { expect } from 'chai'
import { Scratch } from '../scratch'

const ROOT = resolve(__dirname, '..', '..', '..')
const LOSE_A_TENTH = 'iptables -A INPUT -i lo -p tcp -m statistic --mode random --probability 0.1 -j DROP'

describe('a network of its own that loses a tenth of all packets', () => {
  it('makes a rollout slower, and nothing else', () => {
    const scratch = new Scratch()
    const names = Array.from({ length: 8 }, (_, i) => `web${i + 1}.example.net\n`).join('')
    const list = scratch.write('hosts.txt', names)
    const feature = scratch.write(
      'lossy.feature',
      `Feature: Lossy
  Scenario: Lossy
    Given the load balancer has ip address 192.168.1.1
    And I want to update the hosts listed in ${list}
    And I want to pre-discover how many hosts to update
    When I block the load balancer
    Then traffic from the load balancer should be blocked
    When I update the package mywebapp
    Then the package version for mywebapp should be 4.2.6-3.el5
    When I unblock the load balancer
    Then traffic from the load balancer should be unblocked
`,
    )
    const program = `${process.execPath} -r ts-node/register ${join(__dirname, 'lossy_network.ts')} ${scratch.path} ${feature}`
    const done = spawnSync(
      'unshare',
      ['-n', 'bash', '-c', `ip link set lo up && ${LOSE_A_TENTH} && ${program}`],
      {
        cwd: ROOT,
        encoding: 'utf8',
      },
    )
    scratch.remove()
    expect(done.status, done.stdout + done.stderr).to.equal(0)
    expect(done.stdout).to.contain('PASSED  9 steps on 8 hosts')
  }).timeout(300_000)
})

describe('a network of its own in which a connection is dropped in silence', () => {
  it('is noticed by missing heart-beats; read-only requests are sent again, and the rollout goes on', () => {
    const program = `${process.execPath} -r ts-node/register ${join(__dirname, 'half_open_network.ts')}`
    const done = spawnSync('unshare', ['-n', 'bash', '-c', `ip link set lo up && ${program}`], {
      cwd: ROOT,
      encoding: 'utf8',
    })
    expect(done.status, done.stdout + done.stderr).to.equal(0)
    expect(done.stdout).to.contain('nothing was heard of the')
    expect(done.stdout).to.contain('the connection to the broker is back')
    expect(done.stdout).to.contain('PASSED  5 steps on 3 hosts')
    expect(done.stdout).to.contain('updates: 1')
  }).timeout(300_000)
})
