import { execFileSync } from 'node:child_process'
import { chmodSync, chownSync, existsSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import http from 'node:http'
import { join } from 'node:path'
import { expect } from 'chai'
import { passwordFileFault, statusIn } from '../../agents/providers/access/password_lines'
import { cucumber, type ProcessRun } from '../cucumber_process'
import { Scratch } from '../scratch'
import { startActivemq, type RealBroker } from './brokers'
import { RealFleet } from './mcollectived'
import { freePort, start, untilReady, type Running } from './processes'

const HOSTS = ['web1.example.net', 'web2.example.net']
const PASSWORD = 'Ruhe: bitte ü 7'
const FORMER = 'former-password'
const GROUP = Number(execFileSync('id', ['-g', 'www-data'], { encoding: 'utf8' }))
const APACHE = '/usr/sbin/apache2'

const feature = (lines: string) => `Feature: Access
  Background:
    Given I want to update hosts with class roles::dev_server
    And there should be exactly 2 hosts
  Scenario: The intranet
${lines}`
const LET_IN = feature(`    When I let the user alice in to the site intranet with:
      | password | <alice_password> |
    Then the user alice should be let in to the site intranet with:
      | password | <alice_password> |
`)
const SHUT_OUT = feature(`    When I shut the user alice out of the site intranet
    Then the user alice should be shut out of the site intranet
`)

describe('the users of a real nginx and Apache, on two hosts with our daemon', function () {
  this.timeout(300_000)
  let scratch: Scratch
  let broker: RealBroker | undefined
  let fleet: RealFleet
  const servers: Running[] = []
  const ports: number[] = []

  const file = (host: string) => join(scratch.path, 'etc', host, 'intranet.htpasswd')
  const addresses = (host: string) => join(scratch.path, 'etc', host, 'intranet.addresses')
  const configOf = (host: string) => join(scratch.path, `${host}.web`)
  const lines = (host: string) => readFileSync(file(host), 'utf8').split('\n')

  before(async () => {
    scratch = new Scratch()
    chmodSync(scratch.path, 0o755)
    scratch.write('www/index.html', 'inside\n', 0o644)
    chmodSync(join(scratch.path, 'www'), 0o755)
    broker = await startActivemq(scratch)
    fleet = new RealFleet(scratch, broker, 'psk')
    for (const [index, host] of HOSTS.entries()) {
      scratch.write(`etc/${host}/intranet.htpasswd`, '# staff\n', 0o640)
      for (const folder of ['etc', `etc/${host}`]) chmodSync(join(scratch.path, folder), 0o755)
      chownSync(file(host), 0, GROUP)
      // An old file: apr1, as htpasswd wrote it for years.
      execFileSync('htpasswd', ['-b', '-m', file(host), 'bob', FORMER], { stdio: 'pipe' })
      const port = await freePort()
      ports.push(port)
      const form = index === 1 && existsSync(APACHE) ? 'apache' : 'nginx'
      const [empty, program, reload] =
        form === 'apache'
          ? [
              '<RequireAny>\nRequire all denied\n</RequireAny>\n',
              `${APACHE} -f ${configOf(host)}`,
              '-k graceful',
            ]
          : ['# who gets in\ndeny all;\n', `/usr/sbin/nginx -e stderr -c ${configOf(host)}`, '-s reload']
      scratch.write(`etc/${host}/intranet.addresses`, empty, 0o644)
      const running = form === 'apache' ? startApache(host, port) : startNginx(host, port)
      servers.push(running)
      await untilReady(`${form} of ${host}`, running, async () => (await statusOf(port)) === 401, 120_000)
      await fleet.addOurs(host, {
        cfg: `plugin.access.sites = intranet\nplugin.access.intranet.users = ${file(host)}\nplugin.access.intranet.form = ${form}\nplugin.access.intranet.addresses = ${addresses(host)}\nplugin.access.intranet.test = ${program} -t\nplugin.access.intranet.reload = ${program} ${reload}\n`,
      })
    }
    scratch.write(
      'lockstep.yaml',
      `environments:
  test:
    client_config: ${fleet.clientCfg}
    timeouts: { default: 60 seconds }
    variables:
      alice_password: { env: ALICE_PASSWORD }
`,
    )
  })

  after(async () => {
    await fleet?.stop()
    await broker?.stop()
    for (const each of servers) await each.stop()
    scratch.remove()
  })

  function startNginx(host: string, port: number): Running {
    const temp = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi']
      .map((name) => `${name}_temp_path ${join(scratch.path, `${host}-${name}`)};`)
      .join(' ')
    const config = configOf(host)
    scratch.write(
      `${host}.web`,
      `daemon off; pid ${join(scratch.path, `${host}.pid`)}; error_log stderr; user www-data; worker_processes 1;
events {}
http { access_log off; ${temp}
  server { listen 127.0.0.1:${port}; root ${join(scratch.path, 'www')};
    location / { auth_basic intranet; auth_basic_user_file ${file(host)}; }
    location /network/ { alias ${join(scratch.path, 'www')}/; include ${addresses(host)}; } } }
`,
    )
    return start('/usr/sbin/nginx', ['-e', 'stderr', '-c', config], join(scratch.path, `${host}.log`))
  }

  function startApache(host: string, port: number): Running {
    const modules = [
      'mpm_event',
      'alias',
      'authz_host',
      'authn_core',
      'authn_file',
      'authz_core',
      'authz_user',
      'auth_basic',
      'dir',
    ]
    const config = configOf(host)
    scratch.write(
      `${host}.web`,
      `${modules.map((name) => `LoadModule ${name}_module /usr/lib/apache2/modules/mod_${name}.so`).join('\n')}
ServerRoot ${scratch.path}
ServerName ${host}
User www-data
Group www-data
PidFile ${join(scratch.path, `${host}.pid`)}
DefaultRuntimeDir ${scratch.path}
ErrorLog /dev/stderr
Listen 127.0.0.1:${port}
DocumentRoot ${join(scratch.path, 'www')}
Alias /network/ ${join(scratch.path, 'www')}/
<Location /network/>
  AuthMerging Off
  Include ${addresses(host)}
</Location>
<Directory ${join(scratch.path, 'www')}>
  AuthType Basic
  AuthName intranet
  AuthBasicProvider file
  AuthUserFile ${file(host)}
  Require valid-user
  DirectoryIndex index.html
</Directory>
`,
    )
    return start(APACHE, ['-D', 'FOREGROUND', '-f', config], join(scratch.path, `${host}.log`))
  }

  const roll = (text: string, profile = 'live', password = PASSWORD): Promise<ProcessRun> => {
    scratch.write('access.feature', text)
    return cucumber(['-p', profile, 'access.feature'], scratch.path, {
      LOCKSTEP_ENVIRONMENT: 'test',
      ALICE_PASSWORD: password,
    })
  }
  const statuses = (user: string, password: string) =>
    Promise.all(ports.map((port) => statusOf(port, user, password)))

  it('get in once they are let in, with this password alone, and old users as before', async () => {
    expect(await statuses('alice', PASSWORD)).to.deep.equal([401, 401])
    const plan = await roll(LET_IN, 'plan')
    expect(plan.stdout.replace(/\s+/g, ' ')).to.contain('would go from shut out to let in')
    expect(await statuses('alice', PASSWORD)).to.deep.equal([401, 401])
    const run = await roll(LET_IN)
    expect(run.exitCode, run.stdout).to.equal(0)
    expect(await statuses('alice', PASSWORD)).to.deep.equal([200, 200])
    expect(await statuses('alice', `${PASSWORD}!`)).to.deep.equal([401, 401])
    expect(await statuses('bob', FORMER)).to.deep.equal([200, 200])
    for (const host of HOSTS) {
      const { uid, gid, mode } = statSync(file(host))
      expect([uid, gid, mode & 0o7777]).to.deep.equal([0, GROUP, 0o640])
      // htpasswd reads what we write, and exits with 3 for another password.
      execFileSync('htpasswd', ['-v', '-b', file(host), 'alice', PASSWORD], { stdio: 'pipe' })
      expect(() =>
        execFileSync('htpasswd', ['-v', '-b', file(host), 'alice', 'another1'], { stdio: 'pipe' }),
      ).to.throw()
    }
  })

  it('are left as they are a second time, and no file of the run has the password or its hash', async () => {
    const before = HOSTS.map((host) => statSync(file(host)).ino)
    const plan = await roll(LET_IN, 'plan')
    expect(plan.stdout.replace(/\s+/g, ' ')).to.contain('needs nothing: let in')
    const run = await roll(LET_IN)
    expect(run.exitCode, run.stdout).to.equal(0)
    expect(HOSTS.map((host) => statSync(file(host)).ino)).to.deep.equal(before)
    const [, hash = ''] =
      lines(HOSTS[0] ?? '')
        .find((line) => line.startsWith('alice:'))
        ?.split(':') ?? []
    expect(hash).to.match(/^\$2y\$10\$/)
    for (const secret of [PASSWORD, hash])
      expect(filesWith(secret)).to.deep.equal(
        secret === hash ? HOSTS.map((host) => `./etc/${host}/intranet.htpasswd`) : [],
      )
  })

  it('do not pass with the password of another tool or another case, which is told', async () => {
    const [host = ''] = HOSTS
    execFileSync('htpasswd', ['-b', '-B', file(host), 'alice', 'other-password'], { stdio: 'pipe' })
    const look = await roll(LET_IN.replace(/ {4}When[^]*?(?= {4}Then)/, ''))
    expect(look.exitCode).to.equal(1)
    expect(look.stdout.replace(/\s+/g, ' ')).to.contain('let in with another password or hash (bcrypt)')
    const run = await roll(LET_IN)
    expect(run.exitCode, run.stdout).to.equal(0)
    expect(await statuses('alice', 'other-password')).to.deep.equal([401, 401])
    expect(await statuses('alice', PASSWORD)).to.deep.equal([200, 200])
  })

  it('get in no more once they are shut out, though they had two lines; another case is told', async () => {
    const [host = ''] = HOSTS
    const own = lines(host).find((line) => line.startsWith('alice:')) ?? ''
    writeFileSync(file(host), `${readFileSync(file(host), 'utf8')}${own}\n`)
    const run = await roll(SHUT_OUT)
    expect(run.exitCode, run.stdout).to.equal(0)
    expect(await statuses('alice', PASSWORD)).to.deep.equal([401, 401])
    expect(await statuses('bob', FORMER)).to.deep.equal([200, 200])
    writeFileSync(file(host), `${readFileSync(file(host), 'utf8')}${own.replace('alice', 'Alice')}\n`)
    const again = await roll(SHUT_OUT)
    expect(again.exitCode).to.equal(1)
    expect(again.stdout).to.contain('but not as Alice')
  })

  it('are told as both web servers have them, for lines of every kind', async () => {
    const hashOf = (kind: string) =>
      execFileSync('htpasswd', ['-nb', kind, 'u', FORMER], { encoding: 'utf8', stdio: 'pipe' })
        .trim()
        .slice(2)
    const bcrypt = hashOf('-B')
    const hashes = [
      ...['-B', '-m', '-s', '-d', '-2', '-5'].map(hashOf),
      '{SHA}abc',
      '{SSHA}x',
      '$5$a',
      '$6$a$b',
    ]
    const texts = [
      ...[...hashes, 'correcthorse1', FORMER, '', `$2y$99$${'a'.repeat(53)}`].map(
        (hash) => `alice:${hash}\n`,
      ),
      ` alice:${bcrypt}\n`,
      `alice:${bcrypt} \n`,
      `alice:${bcrypt}\r\n`,
      `alice:${bcrypt}:A \n`,
      `alice:${bcrypt}`,
      `:x\nalice:${bcrypt}\n`,
      `a b:x\n \n#a\nalice:${bcrypt}:\n`,
      ` alice:x\nalice:${bcrypt}\n`,
      `alice:\nalice:${bcrypt}\n`,
      `\u00ef\u00bb\u00bfalice:${bcrypt}\n`,
    ]
    const forms = HOSTS.map((_, index) => (index === 1 && existsSync(APACHE) ? 'apache' : 'nginx'))
    const kept = HOSTS.map((host) => readFileSync(file(host)))
    for (const text of texts) {
      expect(passwordFileFault(text), text).to.equal(undefined)
      for (const host of HOSTS) writeFileSync(file(host), text, 'latin1')
      const told = forms.map((form) => (statusIn(text, 'alice', form).usable ? 200 : 401))
      expect(await statuses('alice', FORMER), text).to.deep.equal(told)
    }
    for (const [index, host] of HOSTS.entries()) writeFileSync(file(host), kept[index] ?? '')
  })

  it('do not come from a feature’s own text, and no password that is too short is hashed', async () => {
    const written = await roll(LET_IN.replaceAll('<alice_password>', 'written-out'))
    expect(written.exitCode).to.equal(2)
    expect(written.stdout + written.stderr).to.contain('let it come from a secret variable')
    const short = await roll(LET_IN, 'live', 'xy-12')
    expect(short.exitCode).to.not.equal(0)
    expect(short.stdout + short.stderr).to.contain('the password is shorter than 8 characters')
    expect(short.stdout + short.stderr).not.to.contain('xy-12')
  })

  const fromHere = () =>
    Promise.all(ports.map((port) => statusOf(port, undefined, undefined, '/network/index.html')))
  const untilFromHere = async (wanted: number) => {
    // A reload is over some time after its program has ended.
    for (const end = Date.now() + 30_000; ; await new Promise((done) => setTimeout(done, 100))) {
      const seen = await fromHere()
      if (seen.every((each) => each === wanted) || Date.now() > end)
        return expect(seen).to.deep.equal([wanted, wanted])
    }
  }
  const network = (address: string, to: 'in' | 'out') =>
    feature(
      to === 'in'
        ? `    When I let the address ${address} in to the site intranet\n    Then the address ${address} should be let in to the site intranet\n`
        : `    When I shut the address ${address} out of the site intranet\n    Then the address ${address} should be shut out of the site intranet\n`,
    )

  it('come from addresses that were let in, and from no other, until these are shut out', async () => {
    await untilFromHere(403)
    const plan = await roll(network('127.0.0.0/8', 'in'), 'plan')
    expect(plan.stdout.replace(/\s+/g, ' ')).to.contain('would go from shut out to let in')
    await untilFromHere(403)
    const others = await roll(network('192.0.2.0/24', 'in'))
    expect(others.exitCode, others.stdout).to.equal(0)
    const run = await roll(network('127.0.0.0/8', 'in'))
    expect(run.exitCode, run.stdout).to.equal(0)
    await untilFromHere(200)
    const before = HOSTS.map((host) => statSync(addresses(host)).ino)
    const again = await roll(network('127.0.0.1', 'in'))
    expect(again.exitCode, again.stdout).to.equal(0)
    expect(HOSTS.map((host) => statSync(addresses(host)).ino)).to.deep.equal(before)
    const part = await roll(network('127.0.0.1', 'out'))
    expect(part.exitCode).to.equal(1)
    const out = await roll(network('127.0.0.0/8', 'out'))
    expect(out.exitCode, out.stdout).to.equal(0)
    await untilFromHere(403)
    expect(readFileSync(addresses(HOSTS[0] ?? ''), 'utf8')).to.equal(
      '# who gets in\nallow 192.0.2.0/24;\ndeny all;\n',
    )
  })

  it('come from no address that was written into a configuration which the web server refuses', async () => {
    const [host = ''] = HOSTS
    const before = readFileSync(addresses(host), 'utf8')
    const config = readFileSync(configOf(host), 'utf8')
    writeFileSync(configOf(host), `${config}\nno_such_directive on;\n`)
    const run = await roll(network('127.0.0.1', 'in'))
    expect(run.exitCode).to.equal(1)
    expect(run.stdout.replace(/\s+/g, ' ')).to.contain(
      'the web server refuses its configuration, by its test',
    )
    expect(readFileSync(addresses(host), 'utf8')).to.equal(before)
    writeFileSync(configOf(host), config)
    const mended = await roll(network('127.0.0.1', 'in'))
    expect(mended.exitCode, mended.stdout).to.equal(0)
    await untilFromHere(200)
  })

  /** Returns the files of the run and of the hosts that have a text in them. */
  function filesWith(text: string): string[] {
    try {
      const found = execFileSync('grep', ['-rlFa', '-e', text, '.'], { cwd: scratch.path, encoding: 'utf8' })
      return found.trim().split('\n').sort()
    } catch {
      return []
    }
  }
})

/** Returns the HTTP status with which a web server answers a user; 0 where it does not. */
function statusOf(port: number, user?: string, password?: string, path = '/'): Promise<number> {
  const auth = user === undefined ? undefined : Buffer.from(`${user}:${password}`).toString('base64')
  const headers = auth === undefined ? {} : { authorization: `Basic ${auth}` }
  return new Promise((resolve) => {
    http
      .get({ host: '127.0.0.1', port, path, headers, agent: false }, (response) => {
        response.resume()
        resolve(response.statusCode ?? 0)
      })
      .once('error', () => resolve(0))
  })
}
