import { execFileSync } from 'node:child_process'
import { existsSync, mkdirSync, readdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect } from 'chai'
import { parseHosts } from '../../rollout/model/parse_hosts'
import { cucumber, lockstep, type ProcessRun } from '../cucumber_process'
import { LiveRollout } from '../live_rollout'

const ARGS = ['-p', 'live', 'rolling.feature']

describe('a real process that rolls out in waves', () => {
  let live: LiveRollout
  afterEach(() => live.stop())
  const shown = ({ stdout, stderr }: ProcessRun) => `${stdout}\n${stderr}`
  const roll = (env: Record<string, string> = {}, onStart?: Parameters<typeof cucumber>[3]) =>
    cucumber(ARGS, live.scratch.path, env, onStart)

  for (const kibibytes of [4, 8, 12, 16]) {
    it(`stops before the next action when its journal's disk of ${kibibytes} KiB is full`, async () => {
      live = await LiveRollout.prepare('')
      const folder = join(live.scratch.path, '.lockstep', 'live')
      mkdirSync(folder, { recursive: true })
      execFileSync('mount', ['-t', 'tmpfs', '-o', `size=${kibibytes}k`, 'tmpfs', folder])
      try {
        const run = await roll()
        expect(run.exitCode, shown(run)).to.equal(1)
        expect(shown(run)).to.contain('the disk is full; nothing more is done without it')
        expect(shown(run)).not.to.match(/^\s+at .*[:(]\d+/m)
        live.expectNothingLost()
      } finally {
        execFileSync('umount', [folder])
      }
    }).timeout(300_000)
  }

  for (const [said, option] of [
    ['full', 'size=64k'],
    ['read-only', 'ro'],
  ] as const) {
    it(`says that the history is missing when the disk of the reports is ${said}, and how it is made up for`, async () => {
      live = await LiveRollout.prepare('')
      const record = join(live.scratch.path, '.lockstep', 'history', 'test')
      mkdirSync(record, { recursive: true })
      execFileSync('mount', ['-t', 'tmpfs', '-o', option, 'tmpfs', record])
      let run: ProcessRun
      try {
        run = await roll({ LOCKSTEP_RELEASE: '1.2' })
        expect(run.exitCode, shown(run)).to.equal(1)
        expect(shown(run)).to.contain('the history of what changed could not be written')
        expect(shown(run)).not.to.match(/^\s+at .*[:(]\d+/m)
        live.expectNothingLost()
      } finally {
        execFileSync('umount', [record])
      }
      const [, id = ''] = /--write\s+(\S+)/.exec(shown(run)) ?? []
      const again = await lockstep(['history', '--write', id], live.scratch.path)
      expect(shown(again)).to.contain(`Run ${id} is written into the history: 8 hosts.`)
      expect(existsSync(join(record, '1.2', 'index.json'))).to.equal(true)
    }).timeout(300_000)
  }

  for (const jump of ['-1h', '+1h']) {
    it(`is not fooled by its clock when that jumps by ${jump} in mid-wave`, async () => {
      live = await LiveRollout.prepare('')
      const clock = live.scratch.write('clock', '+0')
      const jumped = live.when('"action":"drain"', () => writeFileSync(clock, jump))
      const run = await roll({
        LD_PRELOAD: libfaketime(),
        FAKETIME_TIMESTAMP_FILE: clock,
        FAKETIME_NO_CACHE: '1',
        FAKETIME_DONT_FAKE_MONOTONIC: '1',
        FAKETIME_DONT_RESET: '1',
      })
      await jumped
      expect(run.exitCode, shown(run)).to.equal(1)
      expect(shown(run)).to.contain('Silent: web1.example.net').and.to.contain('Not attempted (7 hosts)')
      live.expectNothingLost()
    }).timeout(300_000)
  }

  const phases = [
    '"type":"roll call"',
    '"type":"wave"',
    '"action":"drain"',
    '"type":"opened"',
    '"action":"update"',
    '"action":"status"',
    '"action":"runcommand"',
    '"action":"ready"',
    '"type":"scenario passed"',
  ]
  for (const phase of phases) {
    it(`ends its step and names who is out when Ctrl-C comes at ${phase}`, async () => {
      live = await LiveRollout.prepare('web1.example.net=slow')
      const run = await roll({}, (kill) => void live.when(phase, () => kill('SIGINT')))
      expect(run.exitCode, shown(run)).to.equal(130)
      expect(shown(run)).to.contain('INTERRUPTED')
      live.expectNothingLost()
      for (const { host } of run.report?.outOfRotation ?? []) expect(spellOut(shown(run))).to.contain(host)
      expect(run.report?.outOfRotation.map(({ host }) => host)).to.include.members(
        live.haproxy.outOfService('www'),
      )
    }).timeout(300_000)
  }
})

/** Returns a text with each name of many hosts, such as `web[1-2].example.net`, as the names of all of them. */
function spellOut(text: string): string {
  return text.replace(/[\w.-]+\[[\d,/-]+\][\w.-]*/g, (named) => parseHosts(named).join(' '))
}

/** Returns the path of libfaketime, which Debian has in a folder named after the machine. */
function libfaketime(): string {
  const found = readdirSync('/usr/lib')
    .map((folder) => join('/usr/lib', folder, 'faketime', 'libfaketime.so.1'))
    .find((path) => existsSync(path))
  if (found === undefined) throw new Error('libfaketime is not installed')
  return found
}
