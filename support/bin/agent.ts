import { hostname } from 'node:os'
import { parseArgs } from 'node:util'
import pino from 'pino'
import { readServerCfg } from '../config/server_cfg'
import { Daemon } from '../daemon/daemon'
import { systemClock } from '../system/clock'
import { LockstepError } from '../system/errors'
import { scrubber } from '../system/log'

const STANDARD = '/etc/mcollective/server.cfg'

/** Runs a host's side until it is told to end. Its log goes to the standard output, as services have it. */
export async function agent(
  _cwd: string,
  args: readonly string[],
): Promise<{ text: string; exitCode: number }> {
  const environment = readServerCfg(configOf(args), {
    env: process.env,
    hostname: hostname(),
    uid: process.getuid?.() ?? 0,
  })
  const { security, brokers } = environment
  const passwords = brokers.flatMap(({ password }) => (password === undefined ? [] : [password]))
  const scrub = scrubber([...passwords, ...(security.provider === 'psk' ? [security.secret] : [])])
  const log = pino({ base: { identity: environment.identity }, hooks: { streamWrite: scrub } })
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
  })
  void ended.then(() => daemon.stop())
  await daemon.start()
  await ended
  await daemon.stop()
  return { text: '', exitCode: 0 }
}

const { version: VERSION } = require('lockstep/package.json') as { version: string }

function configOf(args: readonly string[]): string {
  try {
    const options = { config: { type: 'string', default: STANDARD } } as const
    return parseArgs({ args: [...args], options }).values.config
  } catch (error) {
    throw new LockstepError(
      'bad-input',
      `${(error as Error).message}; say: lockstep agent --config ${STANDARD}`,
      { cause: error },
    )
  }
}
