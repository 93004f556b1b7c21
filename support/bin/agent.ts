import { hostname } from 'node:os'
import { dirname, join, resolve } from 'node:path'
import pino from 'pino'
import { readServerCfg, type ServerEnvironment } from '../config/server_cfg'
import { Daemon } from '../daemon/daemon'
import { systemdUnit } from '../daemon/unit'
import { systemClock } from '../system/clock'
import { redactor } from '../system/redaction'
import type { Call, Outcome } from './command'
import { takeServiceManager } from './service_manager'

const STANDARD = '/etc/mcollective/server.cfg'

/** The settings that are secrets; programs that the daemon starts do not inherit them. */
const SECRETS = ['MCOLLECTIVE_PSK', 'STOMP_PASSWORD']

/** Runs a host's side until a signal ends it. Its log goes to the standard output, as services have it. */
export async function agent({
  cwd,
  options: { config = STANDARD, unit },
}: Call<{ config: string | undefined; unit: boolean }>): Promise<Outcome> {
  const path = resolve(cwd, config)
  const environment = readServerCfg(path, {
    env: process.env,
    hostname: hostname(),
    uid: process.getuid?.() ?? 0,
  })
  if (unit) return { text: unitOf(environment), exitCode: 0 }
  // This covers files, too, that no setting makes private.
  process.umask(0o077)
  for (const name of SECRETS) delete process.env[name]
  const { security, brokers } = environment
  const passwords = brokers.flatMap(({ password }) => (password === undefined ? [] : [password]))
  const redact = redactor([...passwords, ...(security.provider === 'psk' ? [security.secret] : [])])
  const log = pino({ base: { identity: environment.identity }, hooks: { streamWrite: redact } })
  const manager = takeServiceManager(log)
  const daemon = await Daemon.on({
    environment,
    version: VERSION,
    clock: systemClock,
    random: Math.random,
    log,
  })
  const ended = new Promise<void>((resolve) => {
    process.once('SIGTERM', resolve)
    process.once('SIGINT', resolve)
    // A package that this daemon installs in its own place says so: what it is in the middle of comes first.
    process.once('SIGHUP', () => {
      log.info('ending once no change is under way; the next daemon answers')
      void daemon.handOver().then(resolve)
    })
  })
  void ended.then(() => daemon.stop())
  // The service manager gets the start before the daemon listens: an unreachable broker is no reason to restart it.
  manager.start()
  await daemon.start()
  await ended
  manager.stop()
  await daemon.stop()
  // A package manager goes on without the daemon, and must not keep it from ending.
  process.exit(0)
}

const { version: VERSION } = require('lockstep/package.json') as { version: string }

function unitOf(environment: ServerEnvironment): string {
  const program = join(__dirname, 'lockstep.cjs')
  return systemdUnit({
    command: [process.execPath, program, 'agent', '--config', environment.path],
    environment,
    writes: environment.agents.sites.map(({ users }) => dirname(users)),
    // The scripts of a deploy may change anything that their user may.
    changesTheSystem:
      environment.agents.repositories.length > 0 ||
      ['package', 'puppet'].some((name) => environment.agents.isActive(name)),
  })
}
