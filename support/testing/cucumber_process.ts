import { spawn, type ChildProcess } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
import { join, relative, resolve } from 'node:path'

const ROOT = resolve(__dirname, '..', '..')
const CUCUMBER = join(ROOT, 'node_modules', '@cucumber', 'cucumber', 'bin', 'cucumber.js')

export interface CucumberRun {
  exitCode: number | null
  stdout: string
  stderr: string
  report: RunReport | undefined
}

export interface RunReport {
  exitCode: number
  steps: { text: string; held: boolean; counts: Record<string, number>; hosts: { host: string; held: boolean; seen: string }[] }[]
  held: { host: string; obligation: string }[]
}

/** Runs cucumber-js in `cwd` as a person would, with this repository's profiles. */
export function cucumber(
  args: readonly string[],
  cwd: string,
  env: Readonly<Record<string, string>> = {},
  onStart: (child: ChildProcess) => void = () => {},
): Promise<CucumberRun> {
  const clean = Object.fromEntries(Object.entries(process.env).filter(([name]) => !/^(LOCKSTEP|MCOLLECTIVE|STOMP|CUCUMBER)_/.test(name)))
  const child = spawn(process.execPath, [CUCUMBER, '--config', relative(cwd, join(ROOT, 'cucumber.js')), ...args], {
    cwd,
    env: { ...clean, HOME: cwd, CI: 'true', TS_NODE_PROJECT: join(ROOT, 'tsconfig.json'), ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  onStart(child)
  let [stdout, stderr] = ['', '']
  child.stdout.on('data', (chunk: Buffer) => (stdout += chunk.toString()))
  child.stderr.on('data', (chunk: Buffer) => (stderr += chunk.toString()))
  return new Promise((done, fail) => {
    child.once('error', fail)
    child.once('close', (exitCode) => {
      const path = join(cwd, 'reports', 'run.json')
      done({ exitCode, stdout, stderr, report: existsSync(path) ? (JSON.parse(readFileSync(path, 'utf8')) as RunReport) : undefined })
    })
  })
}
