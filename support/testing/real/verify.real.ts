import { LOCKSTEP } from './program'
import { execFileSync, spawnSync } from 'node:child_process'
import { appendFileSync, cpSync, existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect } from 'chai'
import { Scratch } from '../scratch'
import { PushingPerson, type Pushed } from './pushing_person'

const SERVER = "the team's website.git"

const GOOD = `Feature: Good
  Scenario: Looks
    Given I want to update hosts with class web
    Then the package mywebapp should be installed
`
/** The linter refuses it: puppet stays disabled. */
const BAD = `Feature: Bad
  Scenario: Leaves puppet disabled
    Given I want to update hosts with class web
    And there should be at least 2 hosts
    When I disable puppet
`
const REFUSED =
  'bad.feature:5: block-without-unblock: "I disable puppet", and no line after it enables puppet again'

describe('hook verify, by real pushes', function () {
  this.timeout(300_000)
  /** A server with the hook, and a working copy, of which each test has copies. */
  let begun: Scratch
  let scratch: Scratch
  let bare: string
  let person: PushingPerson
  let first: string
  before(() => {
    begun = scratch = new Scratch()
    bare = join(begun.path, SERVER)
    init(bare)
    person = new PushingPerson(begun.path, bare)
    first = person.commit({ 'README.md': 'deploys', 'good.feature': GOOD })
    expectTaken(person.push(['main']))
    install('--install', bare)
  })
  after(() => begun.remove())
  beforeEach(() => {
    scratch = new Scratch()
    cpSync(begun.path, scratch.path, { recursive: true })
    bare = join(scratch.path, SERVER)
    person = new PushingPerson(scratch.path, bare)
  })
  afterEach(() => scratch.remove())

  const init = (path: string, ...more: string[]) =>
    execFileSync('git', ['init', '--quiet', '--bare', '--template=', ...more, path])
  const install = (...args: string[]) =>
    execFileSync(process.execPath, [LOCKSTEP, 'hook', 'verify', ...args], {
      cwd: scratch.path,
      encoding: 'utf8',
    })
  const expectTaken = ({ isTaken, text }: Pushed) => expect(isTaken, text).to.equal(true)
  const expectRefused = ({ isTaken, text }: Pushed, why: string | RegExp) => {
    expect(isTaken, text).to.equal(false)
    if (typeof why === 'string') expect(text).to.contain(why)
    else expect(text).to.match(why)
    expect(text).to.contain('nothing of the push was taken')
    expect(text).not.to.match(/\n\s+at .*:\d+:\d+/)
  }
  const refsOf = (path: string) =>
    execFileSync('git', ['for-each-ref', '--format=%(refname) %(objectname)'], {
      cwd: path,
      encoding: 'utf8',
    })

  it('refuses a faulty feature with its line, and the server has nothing of it', () => {
    const before = refsOf(bare)
    const bad = person.commit({ 'bad.feature': BAD })
    const pushed = person.push(['main'])
    expectRefused(pushed, `lockstep: ${REFUSED} (commit ${bad.slice(0, 12)})`)
    expect(pushed.text).to.contain('lockstep: the push is refused: 1 error')
    expect(refsOf(bare)).to.equal(before)
    const { status } = spawnSync('git', ['cat-file', '-e', bad], { cwd: bare })
    expect(status).not.to.equal(0)
  })

  it('takes what is right, and shows a warning for a step of a team', () => {
    person.commit({ 'deploys/own.feature': GOOD.replace('Then', 'Then the cake should be done\n    And') })
    const pushed = person.push(['main'])
    expectTaken(pushed)
    expect(pushed.text).to.contain('deploys/own.feature:4: warning, unknown step: the cake should be done')
    expect(pushed.text).to.contain('lockstep: 1 file checked, no error')
  })

  it('refuses a sentence that is not known where it is installed as strict', () => {
    install('--install', bare, '--strict')
    person.commit({ 'own.feature': GOOD.replace('Then', 'Then the cake should be done\n    And') })
    expectRefused(person.push(['main']), 'own.feature:4: unknown step: the cake should be done')
  })

  const ways: Readonly<Record<string, () => Pushed>> = {
    'a commit before the last one': () => {
      person.commit({ 'bad.feature': BAD })
      person.commit({ 'bad.feature': undefined })
      return person.push(['main'])
    },
    'a file that gets the name of a feature': () => {
      person.commit({ 'notes.txt': BAD })
      expectTaken(person.push(['main']))
      person.git('mv', 'notes.txt', 'bad.feature')
      person.commit({})
      return person.push(['main'])
    },
    'another mode of a file that was there before the hook': () => {
      const hook = join(bare, 'hooks', 'pre-receive')
      rmSync(hook)
      person.commit({ 'bad.feature': BAD })
      expectTaken(person.push(['main']))
      install('--install', bare)
      person.git('update-index', '--chmod=+x', 'bad.feature')
      person.git('commit', '--quiet', '--message=mode')
      return person.push(['main'])
    },
    'a merge of another branch': () => {
      person.git('checkout', '--quiet', '-b', 'side')
      person.commit({ 'bad.feature': BAD })
      person.reset(first)
      person.commit({ 'other.txt': 'x' })
      person.git('merge', '--quiet', '--no-ff', '-m', 'merge', 'side')
      return person.push(['main'])
    },
    'a merge that has what neither side has': () => {
      person.git('checkout', '--quiet', '-b', 'side')
      person.commit({ 'side.txt': 'x' })
      person.reset(first)
      person.commit({ 'other.txt': 'x' })
      person.git('merge', '--quiet', '--no-ff', '--no-commit', 'side')
      person.commit({ 'bad.feature': BAD })
      return person.push(['main'])
    },
    'a first commit of another history': () => {
      person.git('checkout', '--quiet', '--orphan', 'other')
      person.commit({ 'bad.feature': BAD })
      return person.push(['other'])
    },
    'a tag': () => {
      person.commit({ 'bad.feature': BAD })
      person.git('tag', 'v1')
      return person.push(['v1'])
    },
    'a tag of a tag': () => {
      person.commit({ 'bad.feature': BAD })
      person.git('tag', '-m', 'one', 'v1')
      person.git('tag', '-m', 'two', 'v2', 'v1')
      return person.push(['v2'])
    },
    'a ref that is no branch': () => {
      person.commit({ 'bad.feature': BAD })
      return person.push(['HEAD:refs/notes/x'])
    },
    'one of several refs, among them one that is removed': () => {
      expectTaken(person.push([`${first}:refs/heads/gone`]))
      person.commit({ 'bad.feature': BAD })
      return person.push([':gone', `${first}:refs/heads/a`, 'main:zzz'])
    },
    'a push with options': () => {
      execFileSync('git', ['config', 'receive.advertisePushOptions', 'true'], { cwd: bare })
      person.commit({ 'bad.feature': BAD })
      return person.push(['main'], {}, ['--push-option=ci.skip', '--push-option=no-verify', '--no-verify'])
    },
    'files of the push that git and cucumber would load': () => {
      const evil = `require('node:fs').writeFileSync(${JSON.stringify(join(scratch.path, 'pwned'))}, '')`
      person.commit({
        'bad.feature': BAD,
        'cucumber.js': evil,
        'step_definitions/x.js': evil,
        'package.json': '{"type":"module"}',
        '.gitattributes': '*.feature binary -diff export-ignore filter=x diff=x\n',
        '.mailmap': 'x',
        '.gitmodules': '[submodule "x"]\n\tpath = bad.feature\n\turl = ../x\n',
      })
      return person.push(['main'])
    },
    'variables of the person': () => {
      const evil = scratch.write('evil.js', 'process.exit(0)')
      const programs = join(scratch.path, 'programs')
      for (const name of ['node', 'git', 'env', 'cat'])
        scratch.write(`programs/${name}`, '#!/bin/sh\nexit 0\n', 0o755)
      person.commit({ 'bad.feature': BAD })
      expect(existsSync(programs)).to.equal(true)
      return person.push(['main'], {
        NODE_OPTIONS: `--require ${evil}`,
        NODE_PATH: scratch.path,
        LOCKSTEP_CONFIG: evil,
        TS_NODE_PROJECT: evil,
        GIT_CONFIG_COUNT: '1',
        GIT_CONFIG_KEY_0: 'diff.orderFile',
        GIT_CONFIG_VALUE_0: '/dev/null',
        GIT_REPLACE_REF_BASE: 'refs/heads/',
        GIT_LITERAL_PATHSPECS: '1',
        ENV: evil,
        BASH_ENV: evil,
        LC_ALL: 'tr_TR.UTF-8',
      })
    },
  }
  for (const [how, push] of Object.entries(ways))
    it(`is not passed by with ${how}`, () => {
      expectRefused(push(), /bad\.feature:5: block-without-unblock/)
      expect(existsSync(join(scratch.path, 'pwned'))).to.equal(false)
      expect(refsOf(bare)).not.to.match(/zzz|other|notes|v1|v2/)
    })

  it('looks at names in any case, in Markdown too, and at any path', () => {
    person.commit({ 'A/B.FEATURE': BAD })
    expectRefused(person.push(['main']), 'A/B.FEATURE:5: block-without-unblock')
    person.reset(first)
    person.commit({
      'x.Feature.MD':
        '# Feature: x\n## Scenario: y\n* Given I want to update hosts with class web\n* And there should be at least 2 hosts\n* When I disable puppet\n',
    })
    expectRefused(person.push(['main']), 'x.Feature.MD:5: block-without-unblock')
    person.reset(first)
    person.commit({ '-c\n\u001b[31mred.feature': BAD })
    const pushed = person.push(['main'])
    expectRefused(pushed, String.raw`-c\u{a}\u{1b}[31mred.feature:5: block-without-unblock`)
    expect(pushed.text).not.to.contain('\u001b[31m')
  })

  it('refuses links, what is no text, and what is too large', () => {
    person.commit({
      'notes.txt': BAD,
      'bad.feature': { to: 'notes.txt' },
      'lockstep.yaml': { to: '/etc/passwd' },
    })
    const links = person.push(['main'])
    expectRefused(links, 'bad.feature: a symbolic link: what it leads to is not known here')
    expect(links.text).to.contain('lockstep.yaml: a symbolic link')
    person.reset(first)
    person.commit({
      'bad.feature': Buffer.from([0xff, 0xfe, 0x46, 0]),
      'x.yml': Buffer.from('a: \xe4\n', 'latin1'),
    })
    const bytes = person.push(['main'])
    expectRefused(bytes, 'bad.feature: it is no text in UTF-8')
    expect(bytes.text).to.contain('x.yml: it is no text in UTF-8')
    person.reset(first)
    person.commit({ 'bad.feature': `${GOOD}# ${'x'.repeat(1024 * 1024)}` })
    expectRefused(person.push(['main']), /bad\.feature: it has \d+ bytes; at most 1048576 can be checked/)
  })

  it('names a submodule, whose files it cannot check', () => {
    person.git('update-index', '--add', '--cacheinfo', `160000,${first},deploys`)
    person.git('commit', '--quiet', '--message=submodule')
    const pushed = person.push(['main'])
    expectTaken(pushed)
    expect(pushed.text).to.contain('deploys: warning, a submodule; its files are not checked')
  })

  it('refuses refs that replace objects, and those at no commit', () => {
    const blob = person.git('hash-object', '-w', 'good.feature')
    expectRefused(person.push([`${first}:refs/replace/${first}`]), 'git replaces objects by such refs')
    expectRefused(person.push([`${blob}:refs/tags/blob`]), 'refs/tags/blob is at no commit')
    expectRefused(person.push([`${first}^{tree}:refs/tags/tree`]), 'refs/tags/tree is at no commit')
  })

  it('lets refs be removed, and be made of what the repository has', () => {
    expectTaken(person.push(['main:refs/heads/copy', `${first}:refs/tags/v0`]))
    expectTaken(person.push([':refs/heads/copy', ':refs/tags/v0']))
  })

  it('refuses YAML with the line, or shows it where it is installed so', () => {
    person.commit({
      'data/common.yaml': 'a: 1\nb: [1\nc: 2\n',
      'lockstep.yaml': 'environments:\n  test:\n    client_confg: client.cfg\n',
      'bomb.yml': 'a: &a [x]\nb: &b [*a, *a]\n',
    })
    const pushed = person.push(['main'])
    expectRefused(pushed, /data\/common\.yaml:\d: \S/)
    expect(pushed.text).to.match(/lockstep\.yaml:3: .*client_confg/)
    expect(pushed.text).not.to.contain('bomb.yml')
    install('--install', bare, '--warn', 'yaml')
    const again = person.push(['main'])
    expectRefused(again, /lockstep\.yaml:3: /)
    expect(again.text).to.match(/data\/common\.yaml:\d: warning, /)
    person.reset(first)
    person.commit({ 'data/common.yaml': 'a: 1\nb: [1\nc: 2\n' })
    expectTaken(person.push(['main']))
  })

  it('ends a feature that takes all memory, and refuses it', () => {
    const steps = 'When I update the package <a>\n'.repeat(6_000)
    const rows = '|x|\n'.repeat(50_000)
    person.commit({ 'bomb.feature': `Feature: x\nScenario Outline: y\n${steps}Examples:\n|a|\n${rows}` })
    expectRefused(person.push(['main']), /bomb\.feature: it could not be checked: /)
  })

  it('checks thousands of files, and refuses more than ten thousand', () => {
    const many = (n: number) =>
      Object.fromEntries(Array.from({ length: n }, (_, at) => [`many/${at}.feature`, `# ${at}\n${GOOD}`]))
    person.commit(many(2_000))
    const pushed = person.push(['main'])
    expectTaken(pushed)
    expect(pushed.text).to.contain('2000 files checked, no error')
    person.reset(first)
    person.commit({ ...many(10_000), 'other.feature': `# one more\n${GOOD}` })
    expectRefused(person.push(['HEAD:more']), 'more than 10000 different files are to be checked')
  })

  it('checks a repository whose ids have 64 digits', () => {
    const other = join(scratch.path, 'sha256.git')
    init(other, '--object-format=sha256')
    install('--install', other)
    const someone = new PushingPerson(join(scratch.path, 'someone'), other, {}, 'sha256')
    someone.commit({ 'good.feature': GOOD })
    expectTaken(someone.push(['main']))
    someone.commit({ 'bad.feature': BAD })
    expectRefused(someone.push(['main']), REFUSED)
  })

  it('refuses every push where node, lockstep or git cannot be started', () => {
    const hook = join(bare, 'hooks', 'pre-receive')
    const script = readFileSync(hook, 'utf8')
    person.commit({ 'x.txt': 'x' })
    const broken = (text: string) => {
      writeFileSync(hook, text)
      return person.push(['main'])
    }
    const gone = (name: string) =>
      broken(script.replace(new RegExp(`^${name}=.*$`, 'm'), `${name}=/nowhere/x`))
    expectRefused(gone('node'), 'since it cannot be checked: there is no node at /nowhere/x')
    expectRefused(gone('lockstep'), 'since it cannot be checked: there is no lockstep at /nowhere/x')
    expectRefused(gone('PATH'), 'it cannot be checked: git did not run')
    expectRefused(broken(script.replace(/^node=.*$/m, 'node=/bin/false')), 'nothing of the push was taken')
    expectRefused(broken(script.replace('hook verify', 'hook verfy')), 'lockstep ended with 2')
    expectTaken(broken(script))
  })

  it('stays as it is where it is installed again, and replaces no other hook', () => {
    const hook = join(bare, 'hooks', 'pre-receive')
    expect(install('--install', bare)).to.contain(`${hook} is there already.`)
    expect(install('--print')).to.equal(readFileSync(hook, 'utf8'))
    writeFileSync(hook, '#!/bin/sh\nexit 0\n')
    const { status, stderr } = spawnSync(process.execPath, [LOCKSTEP, 'hook', 'verify', '--install', bare], {
      encoding: 'utf8',
    })
    expect(status).to.equal(2)
    expect(stderr).to.contain(
      'is a hook of another, and stays as it is; run both from one: lockstep hook verify --print',
    )
  })

  it('refuses by gitolite as it is installed, for the repositories that name it', () => {
    const home = join(scratch.path, 'home')
    mkdirSync(join(home, 'local', 'hooks', 'repo-specific'), { recursive: true })
    const env = { ...process.env, HOME: home, GIT_CONFIG_NOSYSTEM: '1' }
    const gitolite = (...args: string[]) =>
      execFileSync('gitolite', args, { env, cwd: home, encoding: 'utf8', stdio: 'pipe' })
    gitolite('setup', '-a', 'alice')
    const rc = join(home, '.gitolite.rc')
    writeFileSync(
      rc,
      readFileSync(rc, 'utf8')
        .replace(/# LOCAL_CODE {16}=> {2}"\$ENV\{HOME\}\/local"/, 'LOCAL_CODE => "$ENV{HOME}/local"')
        .replace("# 'repo-specific-hooks'", "'repo-specific-hooks'"),
    )
    install('--gitolite', join(home, 'local'))
    appendFileSync(
      join(home, '.gitolite', 'conf', 'gitolite.conf'),
      'repo website\n  RW+ = @all\n  option hook.pre-receive = lockstep-verify\n',
    )
    gitolite('compile')
    gitolite('trigger', 'POST_COMPILE')
    const ssh = scratch.write(
      'ssh',
      `#!/bin/sh\nshift\nexport HOME=${home} SSH_CONNECTION=loopback SSH_ORIGINAL_COMMAND="$*"\nexec /usr/share/gitolite3/gitolite-shell alice\n`,
      0o755,
    )
    const someone = new PushingPerson(join(scratch.path, 'someone'), 'git@server:website', {
      GIT_SSH_COMMAND: ssh,
      GIT_SSH_VARIANT: 'simple',
    })
    someone.commit({ 'good.feature': GOOD })
    expectTaken(someone.push(['main']))
    const website = join(home, 'repositories', 'website.git')
    const before = refsOf(website)
    expect(before).to.contain('refs/heads/main')
    someone.commit({ 'bad.feature': BAD })
    expectRefused(someone.push(['main']), REFUSED)
    expect(refsOf(website)).to.equal(before)
  })
})
