import { execFileSync, spawnSync } from 'node:child_process'
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect } from 'chai'
import { Scratch } from '../scratch'
import { LOCKSTEP } from './program'
import { PushingPerson, type Pushed } from './pushing_person'

const GOOD = `# @summary Runs the website.
class web (
  String $package = 'mywebapp',
) {
  package { $package:
    ensure => installed,
  }
}
`
const INIT = 'modules/web/manifests/init.pp'

/** Programs of ruby that tell for each file whether Puppet, or r10k, takes it: a start for each would take minutes. */
const TAKES_HIERA = `require 'puppet'; require 'json'; require 'puppet/pops'
Puppet.initialize_settings
L = Puppet::Pops::Lookup
puts JSON.generate(ARGV.map { |path|
  begin
    L::HieraConfigV5.new(Pathname(path).parent, Pathname(path), Puppet::Util::Yaml.safe_load_file(path), L::GlobalDataProvider.new)
    true
  rescue Puppet::Error => e
    false
  end
})`
const TAKES_PUPPETFILE = `require 'json'; require 'r10k/module_loader/puppetfile'
puts JSON.generate(ARGV.map { |path|
  begin
    R10K::ModuleLoader::Puppetfile.new(basedir: File.dirname(path)).load!
    true
  rescue StandardError, ScriptError
    false
  end
})`
const TWICE = 'version: 5\nhierarchy:\n  - name: a\n  - name: a\n'

function takenBy(program: string, paths: readonly string[]): boolean[] {
  const answer = execFileSync('ruby', ['-e', program, ...paths], {
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'ignore'],
  })
  return JSON.parse(answer) as boolean[]
}

describe('hook verify of Puppet code, by real pushes', function () {
  this.timeout(600_000)
  let scratch: Scratch
  let bare: string
  let person: PushingPerson
  let first: string
  before(() => {
    scratch = new Scratch()
    bare = join(scratch.path, 'puppet.git')
    execFileSync('git', ['init', '--quiet', '--bare', '--template=', bare])
    person = new PushingPerson(scratch.path, bare)
    first = person.commit({ 'README.md': 'puppet' })
    expect(person.push(['main']).isTaken).to.equal(true)
  })
  after(() => scratch.remove())
  beforeEach(() => {
    person.reset(first)
    install()
  })

  const install = (...more: string[]) =>
    execFileSync(process.execPath, [LOCKSTEP, 'hook', 'verify', '--install', bare, ...more], {
      encoding: 'utf8',
    })
  let pushes = 0
  const push = (files: Parameters<PushingPerson['commit']>[0]) => {
    person.reset(first)
    person.commit(files)
    return person.push([`main:refs/heads/b${(pushes += 1)}`])
  }
  const expectTaken = ({ isTaken, text }: Pushed) => expect(isTaken, text).to.equal(true)
  const expectRefused = ({ isTaken, text }: Pushed, ...whys: (string | RegExp)[]) => {
    expect(isTaken, text).to.equal(false)
    for (const why of whys)
      if (typeof why === 'string') expect(text).to.contain(why)
      else expect(text).to.match(why)
    // Neither paths of this machine nor characters that control a terminal.
    const said = text
      .split('\n')
      .filter((line) => line.startsWith('remote:'))
      .join('\n')
    expect(said).not.to.match(/lockstep-push-|\/tmp\/|(?!\n)\p{Cc}|\p{Cf}|\n\s+at .*:\d+:\d+/u)
  }
  /** A file that code of the push would write if any of it ran. */
  const trace = () => join(scratch.path, 'pwned')

  it('takes what is right, of each kind', () => {
    expectTaken(
      push({
        [INIT]: GOOD,
        'modules/web/templates/site.conf.erb': '<%- if @ports -%>\n<%= @ports.join(",") %>\n<%- end -%>\n',
        'modules/web/templates/site.conf.epp': '<%- | Integer $port | -%>\nport <%= $port %>\n',
        'modules/web/plans/restart.pp':
          "# @summary Restarts.\nplan web::restart(TargetSpec $targets) {\n  run_command('true', $targets)\n}\n",
        'hiera.yaml': 'version: 5\nhierarchy:\n  - name: common\n    path: common.yaml\n',
        'data/common.yaml': 'web::package: mywebapp\n',
        Puppetfile:
          "forge 'https://forge.example.net'\nmod 'puppetlabs/stdlib', '9.0.0'\nmod 'web', local: true\n",
      }),
    )
  })

  it('refuses what Puppet cannot parse, each fault with its line', () => {
    const pushed = push({
      [INIT]: GOOD.replace('ensure => installed,', 'ensure => => installed,'),
      'modules/web/manifests/two.pp': "class web::two {\n  $a += 2\n  Foo['x'] = 3\n}\n",
      'modules/web/manifests/keys.pp': '# @summary x\nclass web::keys {\n  $x = { a => 1, a => 2 }\n}\n',
      'modules/web/templates/a.epp': 'a\nb <%= 1 + %>\n',
      'modules/web/templates/b.erb': 'a\nb <%= 1 + %>\n',
    })
    expectRefused(
      pushed,
      /modules\/web\/manifests\/init\.pp:6: puppet: Syntax error at '=>' \(commit [0-9a-f]{12}\)/,
      "modules/web/manifests/two.pp:2: puppet: The operator '+=' is no longer supported",
      'modules/web/manifests/two.pp:3: puppet: Illegal attempt to assign',
      "modules/web/manifests/keys.pp:3: warning, puppet: The key 'a' is declared more than once",
      "modules/web/templates/a.epp:2: puppet: Syntax error at '%>'",
      'modules/web/templates/b.erb:2: erb: syntax error',
    )
    expect(pushed.text).not.to.contain('Giving up')
  })

  it('refuses errors of puppet-lint, and shows its warnings', () => {
    const pushed = push({
      [INIT]: GOOD.replace("'mywebapp'", '"mywebapp"').replace('class web', 'class shop'),
      'site/web/manifests/other.pp': GOOD.replace('class web', 'class web::other'),
    })
    expectRefused(
      pushed,
      'init.pp:2: puppet-lint: shop not in autoload module layout (autoloader_layout)',
      'init.pp:3: warning, puppet-lint: double quoted string containing no variables (double_quoted_strings)',
    )
    expect(pushed.text).not.to.contain('other.pp')
    expectRefused(
      push({ 'manifests/other.pp': GOOD }),
      'manifests/other.pp:2: puppet-lint: web not in autoload',
    )
    expectTaken(push({ 'manifests/init.pp': GOOD }))
    install('--warn', 'puppet-lint')
    const shown = push({ [INIT]: GOOD.replace('class web', 'class shop') })
    expectTaken(shown)
    expect(shown.text).to.contain('init.pp:2: warning, puppet-lint: shop not in autoload')
  })

  it('runs nothing of the push', () => {
    const touch = `touch ${trace()}`
    const ruby = `File.write(${JSON.stringify(trace())}, '')`
    const pushed = push({
      [INIT]: `# @summary x\nclass web {\n  $a = generate('/usr/bin/touch', '${trace()}')\n  $b = inline_template('<%= \`${touch}\` %>')\n  $c = web::evil('x')\n  exec { '/usr/bin/${touch}': }\n}\n`,
      'modules/web/lib/puppet/functions/web/evil.rb': `${ruby}\nPuppet::Functions.create_function(:'web::evil') { }\n`,
      'modules/web/lib/puppet/parser/functions/evil.rb': ruby,
      'modules/web/lib/facter/evil.rb': ruby,
      'lib/puppet-lint/plugins/evil.rb': ruby,
      '.puppet-lint.rc': `--load ${trace()}`,
      'environment.conf': `config_version = /usr/bin/touch ${trace()}`,
      'puppet.conf': `[main]\nconfig_version = ${touch}`,
      '.rubocop.rb': ruby,
      'modules/web/templates/a.erb': `#!ruby -r${trace()}\n<% BEGIN { \`${touch}\` } %>\n<%= \`${touch}\` %><% END { ${ruby} } %>\n`,
      'modules/web/templates/a.epp': `<% generate('/usr/bin/touch', '${trace()}') %>\n`,
      Puppetfile: `#!/usr/bin/ruby -r${trace()}\nBEGIN { \`${touch}\` }\n\`${touch}\`\nmod "a#{\`${touch}\`}", '1.0.0'\n${ruby}\n`,
      'data/common.yaml': `--- !ruby/object:Gem::Installer\ni: x\nx: '%{lookup("\`${touch}\`")}'\n`,
    })
    expect(existsSync(trace())).to.equal(false)
    expectTaken(pushed)
    expect(pushed.text).to.contain(
      'Puppetfile:2: warning, Puppetfile: this is code of ruby, which is not run here',
    )
  })

  it('refuses what ends a parser, and names it among innocent files', () => {
    const deep = `$x = ${'['.repeat(20_000)}${']'.repeat(20_000)}\n`
    const others = Object.fromEntries(
      Array.from({ length: 5 }, (_, at) => [
        `modules/web/manifests/n${at}.pp`,
        GOOD.replace('class web', `class web::n${at}`),
      ]),
    )
    const pushed = push({ ...others, 'modules/web/manifests/n2.pp': deep })
    expectRefused(pushed, 'modules/web/manifests/n2.pp: it could not be checked: puppet')
    expect(pushed.text).not.to.match(/n[0134]\.pp/)
    expectRefused(
      push({ 'a.erb': `<%= ${'['.repeat(100_000)} %>`, Puppetfile: `mod 'a', ${'('.repeat(100_000)}` }),
      'a.erb:1: erb: nesting too deep',
      'Puppetfile:1: Puppetfile: nesting too deep',
    )
  })

  it('shows no sign that controls a terminal, of names and of messages', () => {
    const pushed = push({ 'modules/\u202ered\u001b[31m.pp': 'class x {\n  $a = @("E"/\u001b\u202e)\n}\n' })
    expectRefused(pushed, String.raw`modules/\u{202e}red\u{1b}[31m.pp:2: puppet: `)
  })

  it('refuses files for a program that the server lacks, unless the hook is installed without', () => {
    const hook = join(bare, 'hooks', 'pre-receive')
    const only = scratch.write('bin/git', '#!/bin/sh\nexec /usr/bin/git "$@"\n', 0o755)
    const without = () => {
      const script = readFileSync(hook, 'utf8').replace(/^PATH=.*$/m, `PATH=${join(only, '..')}`)
      writeFileSync(hook, script)
    }
    without()
    const files = { [INIT]: 'class {', 'a.epp': '<% { %>', 'a.erb': '<% { %>', Puppetfile: 'modd' }
    expectRefused(
      push(files),
      '1 file is not checked by puppet: there is no puppet on this server; install it, or install the hook with --skip puppet',
      '1 file is not checked by puppet-lint: there is no puppet-lint on this server',
      '1 file is not checked by erb: there is no ruby on this server',
    )
    install(
      '--skip',
      'puppet',
      '--skip',
      'epp',
      '--skip',
      'puppet-lint',
      '--skip',
      'erb',
      '--skip',
      'puppetfile',
    )
    without()
    const skipped = push(files)
    expectTaken(skipped)
    expect(skipped.text).to.contain(
      'warning, 1 file is not checked by puppet: the hook is installed with --skip puppet',
    )
    scratch.write('bin/puppet', '#!/bin/sh\nexit 0\n', 0o755)
    install('--skip', 'puppet-lint')
    without()
    expectRefused(
      push({ [INIT]: GOOD }),
      'init.pp: it could not be checked: puppet ended with 0 before its end',
    )
  })

  it('refuses values of eyaml that are cut short or in plain text, and shows none', () => {
    execFileSync('eyaml', ['createkeys'], { cwd: scratch.path, stdio: 'pipe' })
    const encrypt = (format: string) =>
      execFileSync('eyaml', ['encrypt', '-s', 'the secret', '-o', format], {
        cwd: scratch.path,
        encoding: 'utf8',
        stdio: 'pipe',
      })
    const value = encrypt('string').trim()
    const block = encrypt('block').trim().replace(/^ */gm, '    ')
    expectTaken(push({ 'data/a.eyaml': `# such as ENC[PKCS7,…]\na: ${value}\nb: >\n${block}\n` }))
    const pushed = push({
      'data/cut.yaml': `a: 1\nb: ${value.slice(0, -40)}]\nc: ${value.slice(0, -40)}\n`,
      'data/bytes.yaml': `b: ENC[PKCS7,${Buffer.from('the secret').toString('base64')}]\n`,
      'data/plain.eyaml': 'a: 1\nb: DEC(1)::PKCS7[the secret]!\n',
    })
    expectRefused(
      pushed,
      /data\/cut\.yaml:2: eyaml: the value is /,
      /data\/cut\.yaml:3: eyaml: the value is cut short/,
      /data\/bytes\.yaml:1: eyaml: the value is no PKCS7 message/,
      'data/plain.eyaml:2: eyaml: a value that was encrypted stands here in plain text',
    )
    expect(pushed.text).not.to.contain('the secret')
    expect(pushed.text).not.to.contain(value.slice(10, 40))
  })

  /** A `hiera.yaml`, and the line of its fault; undefined where Puppet takes it. */
  const hieras: readonly (readonly [string, number | undefined])[] = [
    ['version: 5\n', undefined],
    [
      'version: 5\nhierarchy:\n  - name: a\n    paths: [x.yaml, "%{facts.os}.yaml"]\n    datadir: d\n',
      undefined,
    ],
    [
      'version: 5\ndefaults:\n  data_hash: json_data\n  datadir: d\nhierarchy:\n  - name: a\n    glob: "*"\n    options: { x: 1 }\n',
      undefined,
    ],
    ['version: "5"\n', 1],
    ['version: 6\n', 1],
    ['version: 5\nhierachy: []\n', 2],
    ['version: 5\nhierarchy: {}\n', 2],
    ['version: 5\nhierarchy:\n  - path: x\n', 3],
    ['version: 5\nhierarchy:\n  - name: a\n    pathes: [x]\n', 4],
    ['version: 5\nhierarchy:\n  - name: a\n    paths: []\n', 4],
    ['version: 5\nhierarchy:\n  - name: a\n    path: ""\n', 4],
    ['version: 5\nhierarchy:\n  - name: a\n    path: x\n    glob: y\n', 3],
    ['version: 5\nhierarchy:\n  - name: a\n    data_hash: x\n    lookup_key: y\n', 3],
    ['version: 5\nhierarchy:\n  - name: a\n    mapped_paths: [a, b]\n', 4],
    ['version: 5\ndefaults: { datadir: d }\nhierarchy:\n  - name: a\n', 4],
    ['version: 5\nhierarchy:\n  - name: a\n    options: { path: x }\n', 4],
  ]
  it('refuses a hiera.yaml where Puppet itself does', () => {
    const names = hieras.map((_, at) => `env${at}/hiera.yaml`)
    const pushed = push(Object.fromEntries(hieras.map(([text], at) => [names[at] ?? '', text])))
    expectRefused(pushed)
    const taken = takenBy(
      TAKES_HIERA,
      hieras.map(([text], at) => scratch.write(`hieras/${at}/hiera.yaml`, text)),
    )
    for (const [at, [text, line]] of hieras.entries()) {
      expect(taken[at], text).to.equal(line === undefined)
      const found = pushed.text.includes(`${names[at]}:${line}: hiera: `)
      expect(found, `${text}${pushed.text}`).to.equal(line !== undefined)
    }
    expectRefused(
      push({ 'hiera.yaml': TWICE }),
      'hiera.yaml:4: hiera: the level a is there twice in hierarchy',
    )
    const path = scratch.write('hiera.yaml', TWICE)
    const lookup = ['apply', '--noop', `--hiera_config=${path}`, '-e', "lookup('x', default_value => 'none')"]
    const { status, stderr } = spawnSync('puppet', lookup, { encoding: 'utf8' })
    expect([status, stderr.includes("Hierarchy name 'a' defined more than once")], stderr).to.deep.equal([
      1,
      true,
    ])
  })

  /** A Puppetfile, and the line of its fault; undefined where r10k takes it. */
  const puppetfiles: readonly (readonly [string, number | undefined])[] = [
    [
      "forge 'https://x.example.net'\nmod 'a/b', '1.2.3'\nmod 'a-c', :latest\nmod('a/d')\nmod 'a/e', nil\n",
      undefined,
    ],
    [
      "mod 'b',\n  :git => 'https://x.example.net/b.git',\n  ref: 'v1'\nmod 'c', { 'local': true }\n",
      undefined,
    ],
    ["mod 'a/b', '1.0.0-rc1'\nmod 'c', svn: 'https://x.example.net', rev: '1'\n", undefined],
    ["mod 'a/b'\nmodd 'a/c'\n", 2],
    ['metadata\n', 1],
    ["mod 'a/b',\n", 1],
    ["mod 'a/b', '1', '2'\n", 1],
    ["mod 'a b'\n", 1],
    ["mod 'b', '1.0.0'\n", 1],
    ["mod 'a/b', 'newest'\n", 1],
    ["mod 'a/b'\nmod 'c/b'\n", 2],
    ["mod 'b', ref: 'v1'\n", 1],
    ['forge\n', 1],
  ]
  it('refuses a Puppetfile where r10k does', () => {
    const names = puppetfiles.map((_, at) => `env${at}/Puppetfile`)
    const pushed = push(Object.fromEntries(puppetfiles.map(([text], at) => [names[at] ?? '', text])))
    expectRefused(pushed)
    const taken = takenBy(
      TAKES_PUPPETFILE,
      puppetfiles.map(([text], at) => scratch.write(`puppetfiles/${at}/Puppetfile`, text)),
    )
    for (const [at, [text, line]] of puppetfiles.entries()) {
      expect(taken[at], text).to.equal(line === undefined)
      const found = pushed.text.includes(`${names[at]}:${line}: Puppetfile: `)
      expect(found, `${text}${pushed.text}`).to.equal(line !== undefined)
    }
  })

  it('checks 600 manifests in two calls of Puppet', () => {
    const many = Object.fromEntries(
      Array.from({ length: 600 }, (_, at) => [
        `modules/web/manifests/n${at}.pp`,
        GOOD.replace('class web', `class web::n${at}`),
      ]),
    )
    const pushed = push({ ...many, 'modules/web/manifests/n599.pp': 'class web::n599 {\n' })
    expectRefused(pushed, /n599\.pp: puppet: Syntax error at end of input/)
    expect(pushed.text).to.contain('the push is refused: 1 error')
  })
})
