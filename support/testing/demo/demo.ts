import { hostname } from 'node:os'
import { join } from 'node:path'
import { execa } from 'execa'
import { embeddedFleet, startEmbedded } from '../../simulation/embedded'
import { pause, systemClock } from '../../system/clock'
import { randomBytes } from 'node:crypto'
import { Scratch } from '../scratch'
import { FEATURE, PROGRAM, writeDemoProject, type DemoPerson } from './demo_project'

const LOOK_EVERY_MS = 100
const MAY: Readonly<Record<string, string>> = {
  anna: 'look, plan, start and put back',
  bert: 'look and approve',
}

export interface DemoOptions {
  port: number
  env: NodeJS.ProcessEnv
  /** Ends the demo when aborted. */
  signal: AbortSignal
  onProgress: (what: string) => void
  onReady: (ready: { address: string; folder: string; people: readonly DemoPerson[] }) => void
}

/**
 * Shows a console to click through until it is ended: an embedded fleet, two people, a feature, and `lockstep serve`, in a
 * folder that is gone afterwards.
 * @throws Error with the words of a command that fails
 */
export async function showDemo({ port, env, signal, onProgress, onReady }: DemoOptions): Promise<void> {
  const scratch = new Scratch()
  const context = { env, hostname: hostname(), uid: process.getuid?.() ?? 0 }
  const fleet = embeddedFleet({ fleet: join(__dirname, 'fleet.yaml') }, context)
  const { embedded, environment } = await startEmbedded(fleet, context)
  try {
    const hosts = fleet.hosts.map(({ identity }) => identity)
    const people = Object.entries(MAY).map(([name, may]) => ({ name, may, password: newPassword() }))
    writeDemoProject(scratch, { environment, hosts, people, port })
    const lockstep = commandIn(scratch.path, { env, signal })
    for (const { name, password } of people) await lockstep(['user', 'add', name], password)
    onProgress('8 simulated hosts get their first release, so that there is something to see')
    await lockstep([
      'run',
      FEATURE,
      '--environment',
      'demo',
      '--var',
      'version=4.2.6-3.el5',
      '--release',
      '4.2.6-3',
    ])
    onProgress('lockstep serve starts')
    const serve = lockstep(['serve'])
    const address = `http://127.0.0.1:${port}/`
    await Promise.race([serve, untilAnswered(address, signal)])
    onReady({ address, folder: scratch.path, people })
    await serve
  } catch (error) {
    if (!signal.aborted) throw error
  } finally {
    await embedded?.stop()
    scratch.remove()
  }
}

/** Returns how `lockstep` is called in the folder of the demo, with a line as its input. */
function commandIn(folder: string, { env, signal }: Pick<DemoOptions, 'env' | 'signal'>) {
  const program = join(folder, ...PROGRAM)
  const own = Object.entries(env).filter(([name]) => !name.startsWith('LOCKSTEP_'))
  return async (args: readonly string[], line = ''): Promise<void> => {
    const ended = await execa(process.execPath, [program, ...args], {
      cwd: folder,
      env: { ...Object.fromEntries(own), LOCKSTEP_LOCKS: join(folder, 'locks') },
      extendEnv: false,
      input: `${line}\n`,
      all: true,
      reject: false,
      cancelSignal: signal,
      forceKillAfterDelay: 10_000,
    })
    if (ended.exitCode !== 0 && !signal.aborted)
      throw new Error(`lockstep ${args[0] ?? ''} ended with ${ended.exitCode ?? 'no status'}: ${ended.all}`)
  }
}

/** Returns a password of 16 signs that can be typed. */
function newPassword(): string {
  return randomBytes(10).toString('base64url').replaceAll(/[-_]/g, 'x')
}

async function untilAnswered(address: string, signal: AbortSignal): Promise<void> {
  for (;;) {
    const isThere = await fetch(`${address}healthz`, { signal }).then(
      ({ ok }) => ok,
      () => false,
    )
    if (isThere) return
    await pause(systemClock, LOOK_EVERY_MS, signal)
  }
}
