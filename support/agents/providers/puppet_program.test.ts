import { spawn } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect } from 'chai'
import { runCommand } from '../../system/command'
import { localFiles } from '../../system/local_files'
import { callOf } from '../../testing/call'
import { reasonOf } from '../../testing/failure'
import { Scratch } from '../../testing/scratch'
import { puppetAgent } from '../puppet'
import { puppetProgram } from './puppet_program'

const NOW = 1_700_000_100
const SUMMARY = `---
version:
  config: 1700000000
  puppet: 7.23.0
resources:
  changed: 2
  failed: 1
  out_of_sync: 3
  total: 40
time:
  config_retrieval: 1.5
  total: 12.25
  last_run: 1700000000
`

/** A program that keeps puppet's files as puppet does. */
const PUPPET = `#!/bin/sh
here=$(dirname "$0")
echo "$*" >>"$here/asked"
case "$*" in
  config*) for each in agent_disabled_lockfile agent_catalog_run_lockfile lastrunfile lastrunreport pidfile; do echo "$each = $here/$each"; done ;;
  "agent --disable"*) printf '{"disabled_message":"%s"}' "$3" >"$here/agent_disabled_lockfile" ;;
  "agent --enable") rm -f "$here/agent_disabled_lockfile" ;;
esac
`

describe('puppet', () => {
  let scratch: Scratch
  let program: string
  beforeEach(() => {
    scratch = new Scratch()
    program = scratch.write('puppet', PUPPET, 0o755)
  })
  afterEach(() => scratch.remove())
  const agent = (splay = 30) =>
    puppetAgent(puppetProgram(runCommand, localFiles, { program, splay }), () => NOW * 1000)
  const ask = async (action: string, inputs = {}, one = agent()) =>
    one.actions[action]?.(inputs, callOf(action))
  const asked = () => readFileSync(join(scratch.path, 'asked'), 'utf8').trim().split('\n')

  it('that has never run is enabled and idle', async () => {
    expect(await ask('status')).to.deep.include({
      enabled: true,
      applying: false,
      daemon_present: false,
      lastrun: 0,
      status: 'stopped',
      disable_message: '',
    })
  })

  it('is disabled with a message, and enabled again', async () => {
    expect(await ask('disable', { message: 'a "rollout" & more' })).to.deep.equal({
      status: 'disabled',
      enabled: false,
    })
    expect(asked().at(-1)).to.equal('agent --disable a "rollout" & more')
    expect((await ask('status'))?.['status']).to.equal('disabled')
    expect(await reasonOf(ask('disable'))).to.equal('Puppet is already disabled')
    expect((await ask('enable'))?.['enabled']).to.equal(true)
    expect(await reasonOf(ask('enable'))).to.equal('Puppet is already enabled')
  })

  it('that is disabled without a message says who did it', async () => {
    await ask('disable')
    expect((await ask('status'))?.['disable_message']).to.equal('Disabled via MCollective by cert=operator')
  })

  it('is applying a catalog while the process in its lock file lives', async () => {
    scratch.write('agent_catalog_run_lockfile', String(process.pid))
    expect((await ask('status'))?.['applying']).to.equal(true)
    expect(await reasonOf(ask('runonce'))).to.match(/currently applying/)
    for (const stale of ['4194304', '', 'x']) {
      scratch.write('agent_catalog_run_lockfile', stale)
      expect((await ask('status'))?.['applying']).to.equal(false)
    }
  })

  it('applies nothing any more where its process was killed, and its parent has not asked for it', async () => {
    const lock = scratch.write('agent_catalog_run_lockfile', '')
    // The shell becomes a program that never asks for its children. Only then does its child end: the shell would ask.
    const parent = spawn('sh', ['-c', `sleep 600 & echo $! >'${lock}'; exec sleep 600`], { stdio: 'ignore' })
    const about = (pid: string, file: string) => readFileSync(`/proc/${pid}/${file}`, 'utf8').trim()
    try {
      while (about(String(parent.pid), 'comm') !== 'sleep') await new Promise(setImmediate)
      const pid = readFileSync(lock, 'utf8').trim()
      process.kill(Number(pid), 'SIGKILL')
      while (!/\) Z /.test(about(pid, 'stat'))) await new Promise(setImmediate)
      expect((await ask('status'))?.['applying']).to.equal(false)
    } finally {
      parent.kill('SIGKILL')
    }
  })

  it('reports how its last run ended', async () => {
    scratch.write('lastrunfile', SUMMARY)
    expect(await ask('last_run_summary')).to.deep.include({
      lastrun: 1_700_000_000,
      since_lastrun: 100,
      failed_resources: 1,
      changed_resources: 2,
      out_of_sync_resources: 3,
      total_resources: 40,
      total_time: 12.25,
      config_version: 1_700_000_000,
    })
  })

  for (const text of ['', '---\n- 1\n', 'null', 'resources: 5\ntime: {last_run: soon}\n']) {
    it(`that wrote ${JSON.stringify(text)} as its summary has not run`, async () => {
      scratch.write('lastrunfile', text)
      expect((await ask('last_run_summary'))?.['lastrun']).to.equal(0)
    })
  }

  it('is run with what the contract allows, spread over time unless it is forced', async () => {
    expect(
      (await ask('runonce', { tags: 'a,b', noop: true, server: 'p.example.net:8140' }))?.['initiated_at'],
    ).to.equal(NOW)
    expect(asked().at(-1)).to.equal(
      'agent --onetime --daemonize --color=false --job-id lockstep-00000000000000000000000000000000 --splay --splaylimit 30 --tags=a,b --noop --server=p.example.net --serverport=8140',
    )
    await ask('runonce', { force: true, noop: false })
    expect(asked().at(-1)).to.equal(
      'agent --onetime --daemonize --color=false --job-id lockstep-00000000000000000000000000000000 --no-noop',
    )
  })

  it('is not run while it is disabled', async () => {
    await ask('disable', { message: 'why' })
    expect(await reasonOf(ask('runonce'))).to.equal("Puppet is disabled: 'why'")
  })

  it('that cannot say where its files are fails, and is asked again', async () => {
    scratch.write('puppet', '#!/bin/sh\necho "Error: no such setting"\nexit 1\n', 0o755)
    const one = agent()
    expect(await reasonOf(ask('status', {}, one))).to.match(/no such setting/)
    scratch.write('puppet', PUPPET, 0o755)
    expect((await ask('status', {}, one))?.['enabled']).to.equal(true)
    expect(existsSync(join(scratch.path, 'asked'))).to.equal(true)
  })
})
