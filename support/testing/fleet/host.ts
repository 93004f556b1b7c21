import { execFileSync } from 'node:child_process'
import { mkdirSync, readFileSync, rmSync } from 'node:fs'
import { dirname, join, resolve } from 'node:path'
import { start, untilReady } from '../real/processes'
import { LOCKSTEP } from '../real/program'
import type { Scratch } from '../scratch'
import { OLD } from './repository'

const ROOT = resolve(__dirname, '..', '..', '..')
const READY_WITHIN = 120_000

export interface SmallHost {
  identity: string
  address: string
  /** The log of the host's daemon, after that of its installation. */
  log: string
  /**
   * Runs a program on the host and returns its output.
   * @throws Error when it fails
   */
  run(program: string, ...args: string[]): string
  /** Starts a program on the host that goes on. */
  spawn(program: string, ...args: string[]): Background
  /** Ends the host's daemon alone; the host starts it again after a second. */
  killDaemon(signal: NodeJS.Signals): void
  /** Resolves when the host's daemon listens. */
  ready(): Promise<void>
  stop(): Promise<void>
}

export interface Background {
  /**
   * Resolves when the program's output has this text.
   * @throws Error when it does not say so within some seconds
   */
  said(text: RegExp): Promise<void>
  stop(): Promise<void>
}

export interface HostPlan {
  scratch: Scratch
  repository: string
  identity: string
  config: string
  /** The host's network namespace, and its address there. */
  space: string
  address: string
}

/** Begins a host; it has to be stopped, whether it gets ready or not. */
export function beginHost(plan: HostPlan): SmallHost {
  const { scratch, repository, identity, config, space, address } = plan
  const home = join(scratch.path, 'roots', identity)
  mkdirSync(home, { recursive: true })
  const log = join(scratch.path, 'hosts', identity, 'host.log')
  const daemon = [process.execPath, LOCKSTEP, 'agent', '--config', config]
  const namespaces = [`--net=/run/netns/${space}`, 'unshare', '--mount', '--pid', '--fork', '--kill-child']
  const script = [join(__dirname, 'host.sh'), home, scratch.path, repository, ...daemon]
  const running = start('nsenter', [...namespaces, 'sh', ...script], log, {
    OLD,
    PROGRAM: ROOT,
    NODE: dirname(process.execPath),
  })
  const said = () => readFileSync(log, 'utf8')
  const first = () => {
    const { pid } = running.child
    const [child = ''] = readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').split(' ')
    return child
  }
  const inside = (args: readonly string[]) => [
    '-t',
    first(),
    '-m',
    '-p',
    '-n',
    'chroot',
    join(home, 'root'),
    ...args,
  ]
  const run = (...args: string[]) =>
    execFileSync('nsenter', inside(args), { encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] })
  const spawn = (...args: string[]): Background => {
    const output = join(scratch.path, 'hosts', identity, 'background.log')
    rmSync(output, { force: true })
    const background = start('nsenter', inside(args), output)
    const said = (text: RegExp) =>
      untilReady(args.join(' '), background, async () => text.test(readFileSync(output, 'utf8')), 120_000)
    return { said, stop: () => background.stop('SIGKILL') }
  }
  return {
    identity,
    address,
    log,
    run,
    spawn,
    killDaemon: (signal) => void run('pkill', `-${signal.slice(3)}`, '-f', `agent --config ${config}`),
    ready: () => untilReady(identity, running, async () => said().includes('"listening"'), READY_WITHIN),
    stop: () => running.stop('SIGKILL'),
  }
}
