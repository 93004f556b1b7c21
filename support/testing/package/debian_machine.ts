import { execFileSync } from 'node:child_process'
import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { execa } from 'execa'
import { start, untilReady, type Running } from '../real/processes'
import type { Scratch } from '../scratch'
import type { Done } from './packed'

const INSTALL_WITHIN_MS = 400_000
const BOOT_WITHIN_MS = 120_000

/** Makes the files of a Debian 12 with apt and systemd, and nothing more. Resolves with the path of the archive. */
export async function makeDebian(scratch: Scratch): Promise<string> {
  const archive = join(scratch.path, 'debian.tar')
  const args = [
    '--quiet',
    '--dpkgopt=force-unsafe-io',
    '--variant=apt',
    '--include=systemd,systemd-sysv',
    'bookworm',
    archive,
  ]
  await execa('mmdebstrap', args, { timeout: INSTALL_WITHIN_MS })
  return archive
}

/** Unpacks a Debian. Returns its root. */
export function unpackDebian(scratch: Scratch, archive: string, name: string): string {
  const root = join(scratch.path, name)
  mkdirSync(root)
  execFileSync('tar', ['--extract', '--file', archive, '--directory', root])
  rmSync(join(root, 'etc/apt/sources.list'), { force: true })
  // Nothing there is to outlast a loss of power: dpkg need not wait for the disk.
  writeFileSync(join(root, 'etc/dpkg/dpkg.cfg.d/quick'), 'force-unsafe-io\n')
  return root
}

/** A Debian that has booted with its own systemd, on the network of this machine. */
export interface DebianMachine {
  root: string
  /** Runs lines there as root's shell does, without any variable of this process. */
  run(lines: string): Promise<Done>
  /** Runs lines that have to succeed, and resolves with their output. */
  do(lines: string): Promise<string>
  stop(): Promise<void>
}

/** Boots a Debian in namespaces of its own. */
export async function bootDebian(scratch: Scratch, root: string): Promise<DebianMachine> {
  const log = join(scratch.path, 'boot.log')
  const args = [
    '--register=no',
    '--keep-unit',
    '--quiet',
    '--console=pipe',
    '--machine=web1',
    '-D',
    root,
    '--boot',
  ]
  const running = start('systemd-nspawn', args, log)
  const run = (lines: string) => runIn(running, lines)
  await untilReady(
    'the Debian',
    running,
    async () =>
      leaderOf(running) !== undefined &&
      /running|degraded/.test((await run('systemctl is-system-running')).output),
    BOOT_WITHIN_MS,
  )
  return {
    root,
    run,
    async do(lines) {
      const { status, output } = await run(lines)
      if (status !== 0) throw new Error(`${lines} ended with ${status}:\n${output}`)
      return output
    },
    stop: () => running.stop(),
  }
}

async function runIn(running: Running, lines: string): Promise<Done> {
  const leader = leaderOf(running)
  if (leader === undefined) return { status: null, output: 'the Debian has no first process' }
  const namespaces = ['--mount', '--uts', '--ipc', '--pid', '--cgroup', '--root']
  const { exitCode, all } = await execa(
    'nsenter',
    ['--target', leader, ...namespaces, '/bin/sh', '-c', `cd /root\n${lines}`],
    { env: ENV, extendEnv: false, reject: false, all: true, stdin: 'ignore' },
  )
  return { status: exitCode ?? null, output: all }
}

const ENV = {
  PATH: '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin',
  HOME: '/root',
  LANG: 'C.UTF-8',
  DEBIAN_FRONTEND: 'noninteractive',
  // Output of a terminal is not what these tests read.
  NO_COLOR: '1',
}

/** Returns the process that is the first one within: the only child of a child of what was started. */
function leaderOf({ child }: Running): string | undefined {
  return child.pid === undefined ? undefined : childrenOf(String(child.pid)).find((pid) => isFirst(pid))
}

function isFirst(pid: string): boolean {
  try {
    return /^NSpid:\s+\d+\s+1$/m.test(readFileSync(`/proc/${pid}/status`, 'utf8'))
  } catch {
    return false
  }
}

/** Returns the processes that a process has started, and those that they have started. */
function childrenOf(pid: string): string[] {
  try {
    return readdirSync(`/proc/${pid}/task`).flatMap((task) => {
      const found = readFileSync(`/proc/${pid}/task/${task}/children`, 'utf8').split(' ').filter(Boolean)
      return found.flatMap((each) => [each, ...childrenOf(each)])
    })
  } catch {
    return []
  }
}
