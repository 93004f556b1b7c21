import { execFileSync, spawnSync } from 'node:child_process'
import { chmodSync, existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect } from 'chai'
import { testedAs } from '../../pipeline/build_result'
import { BuildUsers, KnownBuildUsers } from '../../pipeline/build_users'
import { readPipeline } from '../../pipeline/pipeline_journal'
import { PipelineState } from '../../pipeline/pipeline_state'
import { systemClock } from '../../system/clock'
import { runCommand } from '../../system/command'
import { processesOf } from '../../system/user_processes'
import { GitRepository } from '../git_repository'
import { Scratch } from '../scratch'
import { freePort, start, untilReady, type Running } from './processes'
import { LOCKSTEP } from './program'

const [BUILDER, SERVER] = [`lsbuild${process.pid}`, `lsserve${process.pid}`]
const HOME = `/home/${BUILDER}`
const WITHIN_MS = 120_000
const SECRET = 'the-key-of-the-webhook'
const RIGHTS = '+setuid,+setgid,+kill'

/** The two ways in which `lockstep serve` has the right to become another user. */
const WAYS: readonly { as: string; before: readonly string[] }[] = [
  { as: 'root', before: [] },
  {
    as: 'a user with three capabilities',
    before: [
      'setpriv',
      `--reuid=${SERVER}`,
      `--regid=${SERVER}`,
      '--clear-groups',
      `--inh-caps=-all,${RIGHTS}`,
      `--ambient-caps=-all,${RIGHTS}`,
      `--bounding-set=-all,${RIGHTS}`,
      '--no-new-privs',
    ],
  },
]

for (const { as, before: become } of WAYS)
  describe(`builds of another user, by a lockstep serve of ${as}`, function () {
    this.timeout(300_000)
    let scratch: Scratch
    let website: GitRepository
    let port: number
    let uid: number
    let serving: Running | undefined

    before(async function () {
      if (process.getuid?.() !== 0) this.skip()
      for (const user of [BUILDER, SERVER])
        execFileSync('useradd', ['--system', '--create-home', '--shell', '/usr/sbin/nologin', user])
      uid = Number(execFileSync('id', ['-u', BUILDER], { encoding: 'utf8' }))
      scratch = new Scratch()
      chmodSync(scratch.path, 0o755)
      website = new GitRepository(scratch.path)
      port = await freePort()
      writeFileSync(at('key'), SECRET, { mode: 0o600 })
      configure({})
      mkdirSync(at('state'))
      mkdirSync(at('spool'))
      if (as !== 'root') for (const name of ['state', 'spool', 'key']) own(at(name))
      chmodSync(at('state'), 0o750)
      chmodSync(at('spool'), 0o750)
      await serve()
    })
    after(async () => {
      await serving?.stop()
      for (const user of [BUILDER, SERVER]) spawnSync('userdel', ['--remove', user])
      scratch.remove()
    })

    const at = (name: string) => join(scratch.path, name)
    const own = (path: string) => execFileSync('chown', ['-R', `${SERVER}:${SERVER}`, path])
    const state = () => PipelineState.of(readPipeline(at('state')).events)
    const tested = (commit: string) => testedAs(state(), 'website', commit)
    const log = () => readFileSync(at('serve.log'), 'utf8')

    function configure(ci: object): void {
      const settings = { command: ['sh', 'test.sh'], user: BUILDER, within: '60 seconds', ...ci }
      const triggers = ['hook', { hmac: { secret: { file: 'key' } } }]
      const repository = { url: website.url, branches: ['main'], trigger: triggers, ci: settings }
      const pipeline = { listen: { port }, spool: at('spool'), repositories: { website: repository } }
      scratch.write('lockstep.yaml', JSON.stringify({ pipeline }))
      chmodSync(at('lockstep.yaml'), 0o644)
    }

    const words = () => [
      ...become,
      process.execPath,
      LOCKSTEP,
      'serve',
      '--config',
      at('lockstep.yaml'),
      '--state',
      at('state'),
    ]

    async function serve(): Promise<void> {
      const [program = '', ...args] = words()
      const env = {
        HOME: as === 'root' ? '/root' : `/home/${SERVER}`,
        SERVE_SECRET: 'in the environment of serve',
      }
      serving = start(program, args, at('serve.log'), env)
      const isUp = async () =>
        (await fetch(`http://127.0.0.1:${port}/healthz`).catch(() => undefined))?.ok === true
      await untilReady('lockstep serve', serving, isUp, 120_000)
    }

    /** Pushes a commit with a test, tells of it, and resolves once its test has begun or ended. */
    async function push(test: string): Promise<string> {
      const commit = website.push({ 'test.sh': test })
      const change = { ref: 'refs/heads/main', before: '0'.repeat(40), after: commit }
      const body = JSON.stringify({ id: commit, changes: [change] })
      const hmac = execFileSync('openssl', ['dgst', '-sha256', '-hmac', SECRET, '-r'], {
        input: body,
        encoding: 'utf8',
      })
      const response = await fetch(`http://127.0.0.1:${port}/hooks/website/hmac`, {
        method: 'POST',
        body,
        headers: { 'x-lockstep-signature': `sha256=${hmac.split(' ')[0]}` },
      })
      expect(response.status).to.equal(202)
      return commit
    }

    async function until(what: string, test: () => boolean): Promise<void> {
      if (serving === undefined) throw new Error('lockstep serve does not run')
      await untilReady(what, serving, async () => test(), WITHIN_MS)
    }

    async function resultOf(commit: string): Promise<string> {
      await until('the build', () => ['passed', 'failed'].includes(tested(commit)))
      return tested(commit)
    }

    function outputOf(commit: string): string {
      const build = state().commit('website', commit)?.build?.build ?? ''
      return readFileSync(join(at('state'), 'pipeline', 'builds', build, 'output.log'), 'utf8')
    }

    it('run as that user, without any right of lockstep serve, in a clone of its own', async () => {
      const commit = await push(
        'id -un; pwd; git status --short; git rev-parse HEAD; umask; git diff-index --quiet HEAD && echo clean\n' +
          'grep -E "^(Cap(Inh|Prm|Eff|Amb)|NoNewPrivs)" /proc/self/status; touch new && test -O new && echo owned',
      )
      expect(await resultOf(commit)).to.equal('passed')
      const build = state().commit('website', commit)?.build?.build
      const lines = outputOf(commit).split('\n')
      expect(lines).to.include.members([BUILDER, `${HOME}/lockstep-builds/${build}/source`, commit, '0022'])
      expect(lines).to.include.members(['clean', 'owned', 'NoNewPrivs:\t1'])
      expect(outputOf(commit).match(/^Cap.*[1-9a-f]$/gm)).to.equal(null)
      expect(existsSync(`${HOME}/lockstep-builds`)).to.equal(false)
    })

    it('cannot make a red commit green, end lockstep serve, or read what is its own', async () => {
      const journals = join(at('state'), 'pipeline', 'journals')
      const [journal = ''] = readdirSync(journals)
      const pid = serving?.child.pid
      const kept = readFileSync(join(journals, journal), 'utf8')
      const tries = [
        `echo '{"type":"build ended","result":"succeeded"}' >> ${join(journals, journal)} && echo BROKEN journal`,
        `cat ${join(journals, journal)} && echo BROKEN read journal`,
        `ls ${at('state')} && echo BROKEN list`,
        `ls ${join(at('state'), 'pipeline')} && echo BROKEN list`,
        `cat ${at('key')} && echo BROKEN key`,
        `cat /proc/${pid}/environ && echo BROKEN environ`,
        `ls /proc/${pid}/fd && echo BROKEN descriptors`,
        `test $(cat /proc/self/oom_score_adj) = 1000 || echo BROKEN memory`,
        `for each in /proc/$PPID/fd/* /proc/self/fd/*; do readlink $each; done | grep ${at('state')} && echo BROKEN inherited`,
        `kill -9 ${pid} && echo BROKEN kill`,
        `echo x > ${at('spool')}/new/x && echo BROKEN spool`,
        `echo x > ${at('lockstep.yaml')} && echo BROKEN configuration`,
        `env | grep SERVE_SECRET && echo BROKEN variables`,
        `ln ${join(journals, journal)} hard && echo BROKEN link`,
        `cp /bin/sh own-shell; chmod 6755 own-shell`,
        `setpriv --reuid=0 true && echo BROKEN root`,
        `head -c 70000000 /dev/zero | tr '\\0' x`,
        `mkdir -p "$TMPDIR/a/b"; touch "$TMPDIR/a/b/c"; chmod 000 "$TMPDIR/a/b" "$TMPDIR/a"`,
        `echo tried everything >&2; exit 1`,
      ]
      const commit = await push(tries.join('\n'))
      expect(await resultOf(commit)).to.equal('failed')
      expect(outputOf(commit)).not.to.match(/BROKEN|the-key-of|in the environment of serve/)
      expect(outputOf(commit).length).to.be.lessThan(51 * 1024 * 1024)
      expect(readFileSync(join(journals, journal), 'utf8').startsWith(kept)).to.equal(true)
      expect(readPipeline(at('state')).faults).to.deep.equal([])
      expect(serving?.child.exitCode).to.equal(null)
      expect(existsSync(`${HOME}/lockstep-builds`)).to.equal(false)
    })

    it('end with all that they have started, also what has cleared its environment and restarts itself', async () => {
      const daemon = `${HOME}/daemon`
      const commit = await push(
        `cat > ${daemon} <<'END'
for source in ${HOME}/lockstep-builds/*/source; do echo exit 0 > $source/test.sh; done
sleep 0.1
[ $1 -lt 500 ] && setsid -f env -i sh ${daemon} $(($1 + 1))
END
for i in 1 2 3; do setsid -f env -i sh ${daemon} 0 </dev/null >/dev/null 2>&1; done
exit 1`,
      )
      expect(await resultOf(commit)).to.equal('failed')
      const next = await push('echo the test itself; exit 1')
      expect(await resultOf(next)).to.equal('failed')
      expect(outputOf(next)).to.equal('the test itself\n')
      expect(processesOf(uid)).to.deep.equal([])
    })

    it('lead nothing astray by links in place of their folders', async () => {
      const journals = join(at('state'), 'pipeline', 'journals')
      const kept = readdirSync(journals)
      const commit = await push(
        `cd ${HOME} && mv lockstep-builds moved && ln -s ${journals} lockstep-builds && chmod 000 ${HOME}; exit 1`,
      )
      expect(await resultOf(commit)).to.equal('failed')
      const within = await push(
        `cd .. && rm -rf home tmp && ln -s ${journals} home && ln -s ${at('state')} tmp && rm -rf source/.git && ln -s ${website.url} source/.git; exit 0`,
      )
      expect(await resultOf(within)).to.equal('failed')
      expect(readdirSync(journals)).to.deep.equal(kept)
      expect(existsSync(website.url)).to.equal(true)
      expect(await resultOf(await push('exit 0 # after links'))).to.equal('passed')
    })

    it('keep no later build from its folders by closed folders with paths too long for any program', async () => {
      const down = 'for (1..60) { my $name = "d" x 200; mkdir $name; chdir $name or die }'
      const commit = await push(
        `perl -e '${down} mkdir "closed"; mkdir "closed/in"; chmod 0, "closed"' && echo made; exit 1`,
      )
      expect(await resultOf(commit)).to.equal('failed')
      expect(outputOf(commit)).to.equal('made\n')
      expect(existsSync(`${HOME}/lockstep-builds`)).to.equal(false)
      expect(await resultOf(await push('exit 0 # after long paths'))).to.equal('passed')
    })

    it('end with kill -9 of lockstep serve, once the next one starts', async () => {
      const commit = await push('setsid -f env -i sleep 600; echo $$; exec sleep 600')
      const hasPrinted = () => {
        const build = state().commit('website', commit)?.build?.build ?? ''
        const output = join(at('state'), 'pipeline', 'builds', build, 'output.log')
        return build !== '' && existsSync(output) && readFileSync(output, 'utf8') !== ''
      }
      // Before that, the processes of the user may be those that unpack the clone.
      await until('the build', hasPrinted)
      serving?.child.kill('SIGKILL')
      await new Promise((resolve) => serving?.child.once('exit', resolve))
      expect(processesOf(uid)).not.to.deep.equal([])
      const before = processesOf(uid)
      configure({ command: ['sh', '-c', 'exit 1'] })
      await serve()
      for (const pid of before) expect(processesOf(uid)).not.to.include(pid)
      expect(await resultOf(commit)).to.equal('failed')
      expect(processesOf(uid)).to.deep.equal([])
    })

    const testOfRoot = as === 'root' ? it : () => {}
    testOfRoot('would reach all that is its own without a user, as is said at the start', async () => {
      await serving?.stop()
      configure({ user: undefined })
      await serve()
      expect(log()).to.contain('builds of website run as the user of lockstep serve, and can read its keys')
      const commit = await push(
        `cat ${at('key')} && echo REACHED key; cat /proc/${serving?.child.pid}/environ && echo REACHED environ; ls ${join(at('state'), 'pipeline', 'journals')} && echo REACHED journals`,
      )
      expect(await resultOf(commit)).to.equal('passed')
      expect(outputOf(commit).match(/REACHED \w+/g)).to.deep.equal([
        'REACHED key',
        'REACHED environ',
        'REACHED journals',
      ])
      configure({})
    })

    it('are refused at the start, in one sentence, where they would not be shut in', async () => {
      await serving?.stop()
      const refusal = (path = process.env['PATH']) => {
        const [program = '', ...args] = words()
        const { stdout, stderr, status } = spawnSync(program, args, {
          encoding: 'utf8',
          timeout: 60_000,
          env: { ...process.env, HOME: `/home/${SERVER}`, PATH: path },
        })
        expect(status, `${stdout}${stderr}`).to.equal(2)
        return stderr
      }
      configure({ user: 'no-such-user' })
      expect(refusal()).to.contain('this machine has no user no-such-user; say: useradd --system')
      configure({ user: 'toor' })
      expect(refusal()).to.contain('has no user toor')
      if (as !== 'root') {
        configure({ user: SERVER })
        expect(refusal()).to.contain(`${SERVER} is the user of lockstep serve, from whom it protects nothing`)
      }
      configure({})
      execFileSync('usermod', ['--shell', '/bin/sh', BUILDER])
      expect(refusal()).to.contain(`${BUILDER} can log in, since its shell is /bin/sh`)
      execFileSync('usermod', ['--shell', '/usr/sbin/nologin', BUILDER])
      chmodSync(at('state'), 0o755)
      expect(refusal()).to.contain(`can read ${at('state')}; say: chmod o-rwx ${at('state')}`)
      chmodSync(at('state'), 0o750)
      chmodSync(at('key'), 0o644)
      expect(refusal()).to.contain(`can read ${at('key')}`)
      chmodSync(at('key'), 0o600)
      chmodSync(at('lockstep.yaml'), 0o666)
      expect(refusal()).to.contain(`can write ${at('lockstep.yaml')}`)
      chmodSync(at('lockstep.yaml'), 0o644)
      mkdirSync(at('programs'))
      execFileSync('chown', [BUILDER, at('programs')])
      expect(refusal(`${process.env['PATH']}:${at('programs')}`)).to.contain(`can write ${at('programs')}`)
      execFileSync('chown', [BUILDER, at('spool')])
      expect(refusal()).to.contain(`can write ${at('spool')}`)
      execFileSync('chown', [as === 'root' ? 'root' : SERVER, at('spool')])
      rmSync(join(at('state'), 'pipeline', 'build_users'), { recursive: true })
      const busy = start('setpriv', [`--reuid=${uid}`, '--clear-groups', 'sleep', '600'], at('busy.log'))
      await untilReady('a process', busy, async () => processesOf(uid).length > 0, 120_000)
      expect(refusal()).to.contain(`${BUILDER} runs other programs`)
      expect(processesOf(uid)).to.have.length(1)
      await busy.stop()
      if (as !== 'root') {
        const without = become.map((word) => word.replace(/,\+.*$/, ''))
        const { stderr, status } = spawnSync(
          without[0] ?? '',
          [...without.slice(1), ...words().slice(become.length)],
          {
            encoding: 'utf8',
            env: { ...process.env, HOME: `/home/${SERVER}` },
          },
        )
        expect(status).to.equal(2)
        expect(stderr).to.match(/cannot be become: .*CAP_SETUID, CAP_SETGID, CAP_KILL/)
      }
      expect(log()).not.to.contain(SECRET)
    })
  })

describe('the users of earlier builds', function () {
  this.timeout(300_000)
  /** Far above those that the machine gives away by itself. */
  const UID = 400_000 + (process.pid % 100_000)
  let scratch: Scratch
  let left: Running
  let known: KnownBuildUsers
  beforeEach(async function () {
    if (process.getuid?.() !== 0) this.skip()
    scratch = new Scratch()
    known = new KnownBuildUsers(scratch.path)
    left = start(
      'setpriv',
      [`--reuid=${UID}`, '--clear-groups', 'sleep', '600'],
      join(scratch.path, 'left.log'),
    )
    await untilReady('a process', left, async () => processesOf(UID).length > 0, 120_000)
  })
  afterEach(async () => {
    await left.stop()
    spawnSync('userdel', [BUILDER])
    scratch.remove()
  })

  const endLeft = () =>
    new BuildUsers({ users: [], state: scratch.path, run: runCommand, clock: systemClock }).endLeft()

  it('have nothing left where the machine does not have them any more', async () => {
    known.add({ name: BUILDER, uid: UID })
    expect(await endLeft()).to.deep.equal([])
    expect(processesOf(UID)).to.deep.equal([])
    expect(known.all).to.deep.equal([])
  })

  it('have nothing left where they have another id by now', async () => {
    execFileSync('useradd', ['--system', '--no-create-home', '--uid', String(UID + 1), BUILDER], {
      stdio: 'ignore',
    })
    known.add({ name: BUILDER, uid: UID })
    expect(await endLeft()).to.deep.equal([])
    expect(processesOf(UID)).to.deep.equal([])
  })

  it('leave alone another user that has their id by now', async () => {
    execFileSync('useradd', ['--system', '--no-create-home', '--uid', String(UID), BUILDER], {
      stdio: 'ignore',
    })
    known.add({ name: 'earlier', uid: UID })
    expect(await endLeft()).to.have.length(1)
    expect(processesOf(UID)).to.have.length(1)
    expect(known.all).to.deep.equal([])
  })
})
