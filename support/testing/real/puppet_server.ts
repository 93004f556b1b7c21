import { execFileSync } from 'node:child_process'
import { cpSync, existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import { puppetFolders } from './puppet_folders'
import { freePort, start, type Running } from './processes'

const READY_WITHIN = 600_000
const JAR = '/usr/share/puppetserver/puppetserver.jar'

/** A real puppetserver on loopback that signs every certificate, with all its files in a folder of its own. */
export interface PuppetServer {
  port: number
  /** Writes the code of its environment, and the version that its catalogs have from now on. */
  serve(manifest: string, version?: string): void
  /** Writes a puppet of a host of its own, has its certificate signed, and returns its program. */
  host(name: string): { program: string; state: string }
  stop(): Promise<void>
}

/** Starts a puppetserver in a folder that its user may enter, and resolves once it serves. */
export async function startPuppetServer(root: string): Promise<PuppetServer> {
  const at = (...parts: string[]) => join(root, ...parts)
  const port = await freePort()
  const environment = at('code', 'environments', 'production')
  for (const folder of ['conf', 'conf.d', 'services.d', 'var', 'run', 'log', 'ssl']) mkdirSync(at(folder))
  mkdirSync(join(environment, 'manifests'), { recursive: true })
  cpSync('/etc/puppet/puppetserver/conf.d', at('conf.d'), { recursive: true })
  cpSync('/etc/puppet/puppetserver/services.d', at('services.d'), { recursive: true })
  const folders = ['conf', 'code', 'var', 'run', 'log'].map((name) => `server-${name}-dir: ${at(name)}`)
  const gems = `ruby-load-path: [/usr/lib/puppetserver/ruby/vendor_ruby]
gem-home: /var/lib/puppetserver/jruby-gems
gem-path: [/var/lib/puppetserver/jruby-gems, "/usr/lib/puppetserver/vendored-jruby-gems"]`
  const write = (path: string, text: string, mode = 0o644) => writeFileSync(at(path), text, { mode })
  write(
    'conf.d/puppetserver.conf',
    `jruby-puppet: {\n${gems}\n${folders.join('\n')}\nmax-active-instances: 1\n}\n`,
  )
  write('conf.d/webserver.conf', `webserver: { client-auth: want, ssl-host: 127.0.0.1, ssl-port: ${port} }\n`)
  write('conf.d/global.conf', `global: { logging-config: ${at('logback.xml')} }\n`)
  write('logback.xml', LOGBACK)
  write(
    'conf/puppet.conf',
    `[main]\ncertname = localhost\nssldir = ${at('ssl')}\nautosign = true\n[server]\nenvironment_timeout = 0\n`,
  )
  write('version', '')
  write('version.sh', `#!/bin/sh\ncat ${at('version')}\n`, 0o755)
  writeFileSync(join(environment, 'environment.conf'), `config_version = ${at('version.sh')}\n`)
  const serve = (manifest: string, version = '1') => {
    write('version', version)
    writeFileSync(join(environment, 'manifests', 'site.pp'), manifest)
  }
  serve('')
  execFileSync('chown', ['-R', 'puppet:puppet', root])
  const java = ['-Xms256m', '-Xmx640m', '-Djruby.lib=/usr/share/jruby/lib', '-jar', JAR]
  const own = ['--config', at('conf.d'), '--bootstrap-config', at('services.d')]
  const logger = '-Djruby.logger.class=com.puppetlabs.jruby_utils.jruby.Slf4jLogger'
  const asPuppet = ['--reuid', 'puppet', '--regid', 'puppet', '--init-groups', 'nice', '-n', '10']
  const server = start(
    'setpriv',
    [...asPuppet, 'java', logger, ...java, ...own, '--restart-file', at('restart')],
    at('server.log'),
  )
  await untilReady(server, at('restart'))
  return {
    port,
    serve,
    host: (name) => hostOf(at(`host-${name}`), name, port),
    stop: () => server.stop('SIGKILL'),
  }
}

async function untilReady({ child, log }: Running, restart: string): Promise<void> {
  const until = Date.now() + READY_WITHIN
  while (!existsSync(restart) || !readFileSync(restart, 'utf8').startsWith('1')) {
    if (child.exitCode !== null || Date.now() > until)
      throw new Error(`puppetserver did not become ready:\n${readFileSync(log, 'utf8').slice(-3_000)}`)
    await wait(500)
  }
}

function hostOf(root: string, name: string, port: number): { program: string; state: string } {
  mkdirSync(join(root, 'conf'), { recursive: true })
  const conf = `[agent]\nserver = localhost\nserverport = ${port}\ncertname = ${name}.test\n`
  writeFileSync(join(root, 'conf', 'puppet.conf'), conf)
  const program = join(root, 'puppet')
  const folders = puppetFolders(root).join(' ')
  writeFileSync(program, `#!/bin/sh\nexec /usr/bin/puppet "$@" ${folders}\n`, { mode: 0o755 })
  execFileSync(program, ['ssl', 'bootstrap', '--waitforcert', '2'], { stdio: 'ignore' })
  return { program, state: join(root, 'var', 'state') }
}

const LOGBACK = `<configuration><appender name="OUT" class="ch.qos.logback.core.ConsoleAppender"><encoder>
<pattern>%d %-5p [%c{2}] %m%n</pattern></encoder></appender><root level="info"><appender-ref ref="OUT"/></root></configuration>
`
