import { execFileSync } from 'node:child_process'
import { mkdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { start, untilReady } from '../real/processes'
import type { Scratch } from '../scratch'
import { OLD } from './repository'

const LOCKSTEP = join(__dirname, '..', '..', 'bin', 'lockstep.cjs')
const READY_WITHIN = 120_000

export interface SmallHost {
  identity: string
  address: string
  /** Its daemon's log, after that of its installation. */
  log: string
  /** Runs a program on the host and returns what it printed. @throws Error when it fails */
  run(program: string, ...args: string[]): string
  /** Ends its daemon alone; the host starts it again after a second. */
  killDaemon(signal: NodeJS.Signals): void
  stop(): Promise<void>
}

export interface HostPlan {
  scratch: Scratch
  repository: string
  identity: string
  config: string
  /** Its network namespace, and its address there. */
  space: string
  address: string
}

/** Resolves when its daemon listens. */
export async function startHost(plan: HostPlan): Promise<SmallHost> {
  const { scratch, repository, identity, config, space, address } = plan
  const home = join(scratch.path, 'roots', identity)
  mkdirSync(home, { recursive: true })
  const log = join(scratch.path, 'hosts', identity, 'host.log')
  const daemon = [process.execPath, LOCKSTEP, 'agent', '--config', config]
  const namespaces = [`--net=/run/netns/${space}`, 'unshare', '--mount', '--pid', '--fork', '--kill-child']
  const script = [join(__dirname, 'host.sh'), home, scratch.path, repository, ...daemon]
  // Whatever becomes of this process, the host goes with it.
  const running = start('setpriv', ['--pdeathsig', 'KILL', 'nsenter', ...namespaces, 'sh', ...script], log, {
    OLD,
  })
  const said = () => readFileSync(log, 'utf8')
  await untilReady(identity, running, async () => said().includes('"listening"'), READY_WITHIN)
  const first = () => {
    const { pid } = running.child
    const [child = ''] = readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').split(' ')
    return child
  }
  const run = (program: string, ...args: string[]) =>
    execFileSync(
      'nsenter',
      ['-t', first(), '-m', '-p', '-n', 'chroot', join(home, 'root'), program, ...args],
      { encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] },
    )
  return {
    identity,
    address,
    log,
    run,
    killDaemon: (signal) => void run('pkill', `-${signal.slice(3)}`, '-f', `agent --config ${config}`),
    stop: () => running.stop('SIGKILL'),
  }
}
