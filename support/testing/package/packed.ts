import { execFileSync, spawnSync } from 'node:child_process'
import { join, resolve } from 'node:path'

const ROOT = resolve(__dirname, '..', '..', '..')
const QUIET = ['--no-fund', '--no-audit', '--loglevel=error']

/** Packs this repository into `folder`. Resolves with the path of the tarball. */
export function pack(folder: string): string {
  const packed = execFileSync('npm', ['pack', '--silent', '--pack-destination', folder], {
    cwd: ROOT,
    encoding: 'utf8',
  })
  return join(folder, packed.trim().split('\n').at(-1) ?? '')
}

export function install(cwd: string, packages: readonly string[], more: readonly string[] = []): void {
  execFileSync('npm', ['install', ...QUIET, ...more, ...packages], {
    cwd,
    stdio: ['ignore', 'ignore', 'pipe'],
  })
}

/** Runs lines as a shell of a CI system does: the first that fails ends them. */
export function shell(
  lines: readonly string[],
  cwd: string,
  env: Readonly<Record<string, string>> = {},
): { status: number | null; output: string } {
  const inherited = Object.entries(process.env).filter(
    ([name]) => !/^(LOCKSTEP|GITHUB|TS_NODE|INIT_CWD)/.test(name),
  )
  const done = spawnSync('bash', ['--noprofile', '--norc', '-e', '-o', 'pipefail', '-c', lines.join('\n')], {
    cwd,
    encoding: 'utf8',
    env: { ...Object.fromEntries(inherited), CI: 'true', LOCKSTEP_LOCKS: join(cwd, '..', '.locks'), ...env },
  })
  return { status: done.status, output: done.stdout + done.stderr }
}
