import { spawnSync } from 'node:child_process'
import { join, resolve } from 'node:path'
import type { CucumberRun } from './cucumber_process'

const ROOT = resolve(__dirname, '..', '..')

/** Runs the `lockstep` command in `cwd`. */
export async function lockstep(args: readonly string[], cwd: string): Promise<CucumberRun> {
  const { status, stdout, stderr } = spawnSync(process.execPath, [join(ROOT, 'support', 'bin', 'lockstep.cjs'), ...args], {
    cwd,
    encoding: 'utf8',
    env: { ...process.env, TS_NODE_PROJECT: join(ROOT, 'tsconfig.json') },
  })
  return { exitCode: status, stdout, stderr, report: undefined }
}
