import { execFileSync } from 'node:child_process'
import { mkdirSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { execa } from 'execa'
import { ROOT } from '../docs/blocks'
import type { Scratch } from '../scratch'
import { start, untilReady } from './processes'

/** A machine in namespaces of its own: its name, its network, its root on an overlay of this machine's. */
export interface Machine {
  name: string
  /** Runs a command in a shell as root, in root's own folder. */
  run(command: string): Promise<{ output: string; exitCode: number | undefined }>
  /** Writes a file; its folder is root's own unless the path begins with a slash. */
  write(path: string, text: string): void
  /** Where it is, for another process that enters it. */
  place: MachinePlace
  stop(): Promise<void>
}

export interface MachinePlace {
  name: string
  /** The id of its first process. */
  first: string
  /** The folder of its root, as its own processes see it. */
  root: string
}

export interface MachinePlan {
  scratch: Scratch
  name: string
  /** The machine's network namespace. */
  space: string
  /** The names and addresses of all machines, as /etc/hosts has them. */
  hosts: string
  /** The folder of programs that stand in for those that cannot run here. */
  standIns: string
}

/** Starts a machine; it has to be stopped. */
export async function startMachine({ scratch, name, space, hosts, standIns }: MachinePlan): Promise<Machine> {
  const home = join(scratch.path, 'machines', name)
  const shared = join(scratch.path, 'shared')
  mkdirSync(home, { recursive: true })
  mkdirSync(shared, { recursive: true })
  const log = join(scratch.path, `${name}.log`)
  const namespaces = [
    `--net=/run/netns/${space}`,
    'unshare',
    '--mount',
    '--pid',
    '--uts',
    '--ipc',
    '--fork',
    '--kill-child',
  ]
  const script = [
    join(__dirname, 'machine.sh'),
    home,
    name,
    scratch.write(`hosts-of-${name}`, hosts, 0o644),
    standIns,
  ]
  const environment = { PROGRAM: ROOT, NODE: dirname(process.execPath), SHARED: shared }
  const running = start('nsenter', [...namespaces, 'sh', ...script], log, environment)
  await untilReady(name, running, async () => readFileSync(log, 'utf8').includes('ready'), 120_000)
  const { pid } = running.child
  const [first = ''] = readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').split(' ')
  const place = { name, first, root: join(home, 'root') }
  return { place, ...enterMachine(place), stop: () => running.stop('SIGKILL') }
}

/** Returns the way into a machine that runs, also for a process that did not start it. */
export function enterMachine({ name, first, root }: MachinePlace): Omit<Machine, 'place' | 'stop'> {
  const inside = (command: string) => [
    '-t',
    first,
    '-m',
    '-p',
    '-n',
    '-u',
    '-i',
    'chroot',
    root,
    'bash',
    '-c',
    `cd /root; ${command}`,
  ]
  const env = {
    HOME: '/root',
    LANG: 'C.UTF-8',
    CI: 'true',
    PATH: `/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin:${dirname(process.execPath)}`,
    PROGRAM: ROOT,
  }
  return {
    name,
    async run(command) {
      const options = { all: true, reject: false, stdin: 'ignore', extendEnv: false, env } as const
      const { all, exitCode } = await execa('nsenter', inside(command), options)
      return { output: all, exitCode }
    },
    write(path, text) {
      const args = inside(`mkdir -p "$(dirname '${path}')"; cat > '${path}'`)
      execFileSync('nsenter', args, { input: text, env })
    },
  }
}
