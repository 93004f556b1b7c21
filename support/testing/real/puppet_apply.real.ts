import { spawn, spawnSync } from 'node:child_process'
import {
  chmodSync,
  chownSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from 'node:fs'
import { dirname, join } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import { expect } from 'chai'
import { tellingResources } from '../../agents/managed_resources'
import { puppetCatalog } from '../../agents/providers/puppet_catalog'
import { laterManaged, managedByCode } from '../../agents/providers/puppet_code/own_catalogs'
import { applyProgram } from '../../agents/providers/puppet_code/apply_program'
import { puppetProgram } from '../../agents/providers/puppet_program'
import { resourceLooks } from '../../agents/providers/resource_looks'
import { puppetAgent } from '../../agents/puppet'
import type { JournalEntry } from '../../rollout/model/journal_entry'
import { hasPassed, type Verdict } from '../../rollout/model/verdict'
import { systemClock } from '../../system/clock'
import { runCommand } from '../../system/command'
import { localFiles } from '../../system/local_files'
import { rolloutOn } from '../fake_fleet'
import { PuppetFleet } from '../puppet_fleet'
import { puppetFolders } from './puppet_folders'

describe('Debian’s puppet, that applies packed code without a master', function () {
  this.timeout(600_000)
  let root: string
  let program: string
  const at = (...parts: string[]) => join(root, ...parts)
  const code = (...parts: string[]) => at('app', 'puppet', ...parts)
  const state = (...parts: string[]) => at('host', 'var', 'state', ...parts)
  const runs = (...parts: string[]) => at('records', ...parts)

  beforeEach(() => {
    // Folders of /tmp can be renamed by others: no code is applied from there.
    root = mkdtempSync('/var/lib/lockstep-apply-')
    chmodSync(root, 0o755)
    mkdirSync(at('host', 'conf'), { recursive: true })
    program = at('puppet')
    write('puppet', `#!/bin/sh\nexec /usr/bin/puppet "$@" ${puppetFolders(at('host')).join(' ')}\n`, 0o755)
    configure('')
    pack()
  })
  afterEach(() => rmSync(root, { recursive: true, force: true }))

  function write(name: string, content: string, mode = 0o644): void {
    mkdirSync(dirname(at(name)), { recursive: true, mode: 0o755 })
    writeFileSync(at(name), content)
    chmodSync(at(name), mode)
  }
  const configure = (more: string) => write('host/conf/puppet.conf', `[main]\ncertname = web1.test\n${more}`)
  const pack = (
    manifest = `file { '${at('made')}': ensure => file, content => 'one' }`,
    version = '2026.11.3 3f2a',
  ) => {
    write('app/puppet/manifests/site.pp', `${manifest}\n`)
    write('app/puppet/environment.conf', version === '' ? '' : `config_version = ./version.sh\n`)
    write('app/puppet/version.sh', `#!/bin/sh\necho ${version}\n`, 0o755)
  }
  const puppetHere = (folders = [{ name: 'mywebapp', folder: code() }]) => {
    const puppet = puppetProgram(runCommand, localFiles, { program, splay: 0 })
    const lockFile = () => puppet.lockFile()
    const packed = applyProgram({ program, run: runCommand, folders, records: runs(), lockFile })
    const own = puppetCatalog(runCommand, localFiles, program)
    const names = folders.map(({ name }) => name)
    return tellingResources(
      puppetAgent(puppet, () => Date.now(), packed),
      {
        managed: async () => laterManaged(await own(), await managedByCode(runs(), names)),
        look: resourceLooks({ run: runCommand, files: localFiles, packages: undefined, services: undefined }),
      },
    )
  }
  const on = (folders?: { name: string; folder: string }[]) => {
    const fleet = new PuppetFleet(new Map([['web1', puppetHere(folders)]]))
    const made = rolloutOn(fleet, { ports: { clock: systemClock } })
    return { fleet, ...made, puppet: made.rollout.puppetRuns }
  }
  const seen = ({ observations }: Verdict) => observations.map((each) => each.seen).join()
  const passes = async (verdict: Promise<Verdict>) => {
    const told = await verdict
    expect(hasPassed(told), seen(told)).to.equal(true)
    return seen(told)
  }
  const fails = async (verdict: Promise<Verdict>, said: RegExp) => {
    const told = await verdict
    expect(hasPassed(told), seen(told)).to.equal(false)
    expect(seen(told)).to.match(said)
  }
  const reports = () =>
    readdirSync(runs())
      .map((run) => runs(run, 'report.yaml'))
      .filter((path) => existsSync(path))

  it('changes nothing in noop, then all of the code, and nothing when run again', async () => {
    const { puppet, fleet, journal } = on()
    await passes(puppet.apply({ noop: true }))
    expect(existsSync(at('made'))).to.equal(false)
    await passes(puppet.shouldHaveFailedOnNothing())
    await passes(puppet.wouldChangeOnly([{ resource: `File[${at('made')}]`, change: 'absent → file' }]))
    expect(await passes(puppet.apply())).to.match(
      /^ran: 1 change made \(2026\.11\.3 3f2a, sha256:[0-9a-f]{12}\)$/,
    )
    expect(readFileSync(at('made'), 'utf8')).to.equal('one')
    await passes(puppet.shouldHaveFailedOnNothing())
    await passes(puppet.shouldHaveApplied('2026.11.3'))
    await passes(puppet.shouldChangeNothing())
    await passes(puppet.shouldHaveApplied('2026.11.3'))
    expect(fleet.asked.filter(({ action }) => action === 'runonce')).to.deep.equal([])
    expect(journal.filter(({ type }) => type === 'puppet run ended')).to.have.length(3)
    expect(existsSync(state('agent_catalog_run.lock'))).to.equal(false)
    // A change afterwards is found when it is run again.
    writeFileSync(at('made'), 'two')
    await fails(puppet.shouldChangeNothing(), /would change File\[.*made\]: content/)
  })

  it('is recorded with what it manages, of each application, and none by a run in noop or without a catalog', async () => {
    const managed = (journal: readonly JournalEntry[]) => {
      const entry = journal.findLast(({ type }) => type === 'puppet managed')
      if (entry?.type !== 'puppet managed') throw new Error('no run has recorded what it manages')
      const known = entry.shares.flatMap(({ resources, hosts }) => (hosts.includes('web1') ? resources : []))
      return { known, unknown: entry.unknown, versions: Object.keys(entry.versions) }
    }
    const first = on()
    await passes(first.puppet.apply({ noop: true }))
    expect(first.journal.filter(({ type }) => type === 'puppet managed')).to.deep.equal([])
    await passes(first.puppet.apply())
    expect(managed(first.journal)).to.deep.equal({
      known: [`File[${at('made')}]`],
      unknown: {},
      versions: ['2026.11.3 3f2a'],
    })
    await passes(first.puppet.shouldChangeNothing())
    write('app/other/manifests/site.pp', `file { '${at('other')}': ensure => file }\n`)
    const two = [
      { name: 'mywebapp', folder: code() },
      { name: 'other', folder: at('app', 'other') },
    ]
    const second = on(two)
    await passes(second.puppet.apply({ application: 'other' }))
    expect(managed(second.journal).known).to.deep.equal([`File[${at('made')}]`, `File[${at('other')}]`])
    // What came later pushes no catalog out, and one that does not compile has none.
    for (let run = 0; run < 7; run += 1)
      write(`records/later-${run}/order.json`, JSON.stringify({ code: 'other', noop: true }))
    pack("fail('broken')")
    const third = on(two)
    await fails(third.puppet.apply({ application: 'mywebapp' }), /left no report/)
    expect(managed(third.journal)).to.deep.equal({
      known: [],
      unknown: { 'its run left no report': ['web1'] },
      versions: [],
    })
    const fourth = on(two)
    await passes(fourth.puppet.apply({ application: 'other' }))
    expect(managed(fourth.journal).known).to.deep.equal([`File[${at('made')}]`, `File[${at('other')}]`])
    // An application that the host no longer has manages nothing.
    const last = on([{ name: 'other', folder: at('app', 'other') }])
    await passes(last.puppet.apply())
    expect(managed(last.journal).known).to.deep.equal([`File[${at('other')}]`])
  })

  it('is known by its digest where the code has no version', async () => {
    pack(undefined, '')
    const { puppet } = on()
    const [, version = ''] = /\((sha256:[0-9a-f]{64})\)$/.exec(await passes(puppet.apply())) ?? []
    await passes(puppet.shouldHaveApplied(version))
    await fails(puppet.shouldHaveApplied(version.slice(0, -1)), /^sha256:/)
  })

  it('is not applied where it has changed since the run in noop, nor run again where it has since', async () => {
    const { puppet } = on()
    await passes(puppet.apply({ noop: true }))
    pack("notify { 'other': }")
    await fails(
      puppet.apply(),
      /is sha256:\w+ now, and was sha256:\w+ when it ran in noop; no run was ordered/,
    )
    const again = on().puppet
    await passes(again.apply())
    pack()
    await fails(again.shouldChangeNothing(), /when it was applied; no run was ordered/)
    expect(existsSync(at('made'))).to.equal(false)
  })

  it('is not applied where it changes after it was looked at: the host compares', async () => {
    const agent = puppetHere()
    const call = {
      action: 'apply',
      requestid: 'a'.repeat(32),
      callerid: 'c',
      senderid: 's',
      collective: 'm',
      ttl: 60,
      msgtime: 0,
      signal: new AbortController().signal,
    }
    const digest = 'a'.repeat(64)
    let said = ''
    try {
      await agent.actions['apply']?.({ code: 'mywebapp', digest }, call)
    } catch (error) {
      said = (error as Error).message
    }
    expect(said).to.match(/is sha256:[0-9a-f]{64} now, and sha256:a{64} was looked at: nothing was applied/)
    expect(readdirSync(runs())).to.deep.equal([])
  })

  it('applies what was looked at, although the folder is replaced while puppet compiles', async () => {
    pack(`$x = inline_template("<%= File.write('${at('compiling')}', ''); sleep 0.1 until File.exist?('${at('go')}') %>")
include late`)
    write(
      'app/puppet/modules/late/manifests/init.pp',
      `class late { file { '${at('late')}': ensure => file, content => 'first' } }\n`,
    )
    const { puppet } = on()
    const running = puppet.apply()
    while (!existsSync(at('compiling'))) await wait(50)
    write(
      'app/puppet/modules/late/manifests/init.pp',
      `class late { file { '${at('late')}': ensure => file, content => 'second' } }\n`,
    )
    writeFileSync(at('go'), '')
    await passes(running)
    expect(readFileSync(at('late'), 'utf8')).to.equal('first')
  })

  for (const [what, manifest, said] of [
    [
      'does not compile',
      "fail('broken')",
      /left no report: its report was not written: puppet said: Error: .*broken/,
    ],
    ['is no puppet code', 'class {', /left no report: .*Syntax error/],
    [
      'includes a module that is missing',
      'include apache',
      /left no report: .*Could not find class ::apache/,
    ],
    [
      'lacks data of hiera',
      "notify { lookup('missing'): }",
      /left no report: .*did not find a value for the name 'missing'/,
    ],
    ['has no resource', '', /the code of mywebapp has no resource for it: nothing was applied/],
    [
      'has nodes, and none for this host',
      "node 'other' { notify { 'a': } }",
      /left no report: .*Could not find node statement/,
    ],
  ] as const)
    it(`does not pass where the code ${what}, after a run that went well`, async () => {
      await passes(on().puppet.apply())
      pack(manifest)
      const { puppet } = on()
      await fails(puppet.apply(), said)
    })

  it('says which resource failed, and what was skipped, left or changed against noop', async () => {
    pack("exec { 'bad': command => '/bin/false' }\nnotify { 'after': require => Exec['bad'] }")
    const { puppet } = on()
    await passes(puppet.apply())
    await fails(puppet.shouldHaveApplied('2026.11.3'), /but failed on Exec\[bad\]/)
    pack(`file { '${at('left')}': ensure => file, noop => true }`)
    const left = on().puppet
    await passes(left.apply())
    await fails(left.shouldHaveApplied('2026.11.3'), /but left File\[.*left\] in noop/)
    pack(`file { '${at('forced')}': ensure => file, noop => false }`)
    await fails(on().puppet.apply({ noop: true }), /changed File\[.*forced\] though it ran in noop/)
    pack(
      `schedule { 'never now': period => never }\nfile { '${at('scheduled')}': ensure => file, schedule => 'never now' }`,
    )
    const scheduled = on().puppet
    await passes(scheduled.apply())
    await fails(scheduled.shouldHaveApplied('2026.11.3'), /but skipped File\[.*scheduled\]/)
  })

  it('is of the code alone, whatever the host’s own configuration says', async () => {
    const base = at('base')
    write('base/leak/manifests/init.pp', "class leak { notify { 'leaked': } }\n")
    configure(`basemodulepath = ${base}\nnode_terminus = exec\nexternal_nodes = /bin/false\ncatalog_terminus = rest
use_cached_catalog = true\ncatalog_cache_terminus = json\nenvironment = other\nsplay = true\nsplaylimit = 10m\n`)
    pack('include leak')
    await fails(on().puppet.apply(), /Could not find class ::leak/)
    pack(`file { '${at('a')}': ensure => file }`)
    await passes(on().puppet.apply())
    pack(`file { '${at('b')}': ensure => file }`)
    const { puppet } = on()
    // With that cache, puppet apply applies the catalog that it has kept, and calls it a new one.
    await passes(puppet.apply())
    expect(existsSync(at('b'))).to.equal(true)
    write('app/puppet/environment.conf', `modulepath = ${base}:modules\n`)
    await fails(on().puppet.apply(), /environment\.conf leads to .*base, which is not within the code/)
    write('app/puppet/environment.conf', 'manifest = /etc/hostname\n')
    await fails(on().puppet.apply(), /environment\.conf leads to \/etc\/hostname/)
    configure('noop = true\n')
    pack(`file { '${at('c')}': ensure => file }`)
    await fails(on().puppet.apply(), /ran in noop, and changed nothing: its own configuration says so/)
    configure('tags = other\n')
    const tagged = on().puppet
    await passes(tagged.apply())
    await fails(tagged.shouldHaveApplied('2026.11.3'), /but skipped File/)
  })

  it('is not applied where others than root could change it, or where it leads elsewhere', async () => {
    const refused = async (said: RegExp, folders?: { name: string; folder: string }[]) => {
      await fails(on(folders).puppet.apply(), said)
      expect(existsSync(at('made'))).to.equal(false)
    }
    chmodSync(code('manifests', 'site.pp'), 0o664)
    await refused(/site\.pp can be written by others \(mode 0664\)/)
    chmodSync(code('manifests', 'site.pp'), 0o644)
    chownSync(code('manifests', 'site.pp'), 65_534, 0)
    await refused(/site\.pp belongs to user 65534/)
    chownSync(code('manifests', 'site.pp'), 0, 0)
    chmodSync(at('app'), 0o1777)
    await refused(/app can be written by others \(mode 1777\)/)
    chmodSync(at('app'), 0o755)
    symlinkSync('/etc/hostname', code('manifests', 'z.pp'))
    await refused(/z\.pp leads out of .*, to \/etc\/hostname/)
    rmSync(code('manifests', 'z.pp'))
    spawnSync('mkfifo', [code('manifests', 'z.pp')])
    await refused(/z\.pp is neither a file nor a folder/)
    rmSync(code('manifests', 'z.pp'))
    chmodSync(root, 0o755)
    mkdirSync('/tmp/lockstep-apply', { recursive: true })
    symlinkSync(code(), '/tmp/lockstep-apply/link')
    await refused(/^\/tmp can be written by others/, [
      { name: 'mywebapp', folder: '/tmp/lockstep-apply/link' },
    ])
    rmSync('/tmp/lockstep-apply', { recursive: true })
    await refused(/missing is not there/, [{ name: 'mywebapp', folder: at('missing') }])
    await refused(/no folder of puppet code|several applications: a, b/, [
      { name: 'a', folder: code() },
      { name: 'b', folder: code() },
    ])
    symlinkSync('app', at('current'))
    await passes(on([{ name: 'mywebapp', folder: at('current', 'puppet') }]).puppet.apply())
  })

  it('is not ordered while puppet is disabled or runs, and keeps puppet’s daemon from a run meanwhile', async () => {
    spawnSync(program, ['agent', '--disable', 'for maintenance'])
    await fails(on().puppet.apply(), /its puppet is disabled: for maintenance; no run was ordered/)
    spawnSync(program, ['agent', '--enable'])
    pack(slow())
    const { puppet } = on()
    const running = puppet.apply()
    while (!existsSync(at('slow'))) await wait(50)
    await fails(on().puppet.apply(), /its puppet is running already, by another order/)
    const locked = spawnSync(
      'ruby',
      [
        '-e',
        "require 'puppet'; require 'puppet/util/pidlock'; print Puppet::Util::Pidlock.new(ARGV[0]).locked?",
        state('agent_catalog_run.lock'),
      ],
      { encoding: 'utf8' },
    )
    expect(locked.stdout, locked.stderr).to.equal('true')
    writeFileSync(at('go'), '')
    await passes(running)
    expect(existsSync(state('agent_catalog_run.lock'))).to.equal(false)
  })

  it('that comes second to a run which began at the same moment is not done, and says so', async () => {
    const other = spawn('/bin/sleep', ['600'])
    mkdirSync(state(), { recursive: true })
    // The lock is taken between the look at it and the start.
    const racing = program
    program = at('racing')
    write(
      'racing',
      `#!/bin/sh\ncase "$*" in *config_version*) echo ${other.pid} >${state('agent_catalog_run.lock')} ;; esac\nexec ${racing} "$@"\n`,
      0o755,
    )
    try {
      await fails(on().puppet.apply(), /another run of puppet came first/)
    } finally {
      other.kill('SIGKILL')
    }
    expect(existsSync(at('made'))).to.equal(false)
  })

  for (const signal of ['KILL', 'TERM'] as const)
    it(`that is ended by ${signal} in the middle does not pass, and can be run again`, async () => {
      pack(slow())
      const { puppet } = on()
      const running = puppet.apply()
      while (!existsSync(at('slow'))) await wait(50)
      process.kill(Number(readFileSync(state('agent_catalog_run.lock'), 'utf8')), `SIG${signal}`)
      await fails(running, /left no report|was ended before it had applied/)
      writeFileSync(at('go'), '')
      pack()
      await passes(on().puppet.apply())
    })

  it('does not pass by a report that is half-written, or by one of another run', async () => {
    const { puppet } = on()
    await passes(puppet.apply())
    await fails(on().puppet.shouldHaveApplied('2026.11.3'), /this rollout has no run of puppet/)
    // A run of somebody else afterwards counts, and is said to be later.
    await wait(1_100)
    spawnSync(program, ['apply', '-e', "notify { 'x': }"])
    expect(await passes(puppet.shouldHaveFailedOnNothing())).to.match(/by a later run$/)
    await fails(puppet.shouldHaveApplied('2026.11.3'), /^\d+$/)
    const { puppet: second } = on()
    await passes(second.apply())
    const [last = ''] = reports().sort((a, b) => statSync(b).mtimeMs - statSync(a).mtimeMs)
    renameSync(state('last_run_report.yaml'), at('gone'))
    truncateSync(last, Math.floor(readFileSync(last).length / 2))
    await fails(second.shouldHaveFailedOnNothing(), /half-written/)
  })

  it('goes on when the process that began it is killed, and is found by the next one', async () => {
    pack(slow())
    const { puppet, fleet } = on()
    const running = puppet.apply()
    while (!existsSync(at('slow'))) await wait(50)
    // The process belongs to no session of this one, as of a daemon that is restarted.
    const pid = Number(readFileSync(state('agent_catalog_run.lock'), 'utf8'))
    const session = (of: string) => /\) \S+ \d+ \d+ (\d+)/.exec(readFileSync(`/proc/${of}/stat`, 'utf8'))?.[1]
    expect(session(String(pid))).not.to.equal(session('self'))
    writeFileSync(at('go'), '')
    await passes(running)
    expect(fleet.asked.filter(({ action }) => action === 'apply')).to.have.length(1)
  })

  function slow(): string {
    const command = `/bin/sh -c "touch ${at('slow')}; while [ ! -e ${at('go')} ]; do sleep 0.2; done"`
    return `exec { 'slow': command => '${command}', timeout => 0 }`
  }
})
