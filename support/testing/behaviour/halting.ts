import { existsSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { cucumber, lockstep, type ProcessRun } from '../cucumber_process'
import type { Manual } from './manual'
import { until } from './until'

type WhileHalted = (
  kill: (signal: NodeJS.Signals) => void,
  /** Resolves once the process has written the text to its error output, or is gone. */
  heard: (text: string) => Promise<void>,
) => Promise<void>

/** Runs cucumber-js, which halts once its journal says `at`, and goes on when `meanwhile` is over. */
export function runHalted(
  manual: Manual,
  args: string,
  at: string,
  meanwhile: WhileHalted,
): Promise<ProcessRun> {
  return startHalted(cucumber, manual, args, at, meanwhile)
}

/** Runs cucumber-js and sends it signals once its journal says `at`. */
export function interrupt(
  manual: Manual,
  args: string,
  at: string,
  signals: readonly NodeJS.Signals[],
): Promise<ProcessRun> {
  return runHalted(manual, args, at, async (kill, heard) => {
    for (const signal of signals) {
      kill(signal)
      if (signal === 'SIGINT') await heard(STOPPING)
    }
  })
}

/** Runs lockstep and sends it a signal once its journal says `at`. */
export function interruptLockstep(
  manual: Manual,
  args: string,
  at: string,
  signal: NodeJS.Signals,
): Promise<ProcessRun> {
  return startHalted(lockstep, manual, args, at, async (kill, heard) => {
    kill(signal)
    if (signal !== 'SIGKILL') await heard(STOPPING)
  })
}

const STOPPING = 'Stopping after this step'

async function startHalted(
  start: typeof cucumber | typeof lockstep,
  { scratch, env }: Manual,
  args: string,
  at: string,
  meanwhile: WhileHalted,
): Promise<ProcessRun> {
  const isHalted = join(scratch.path, '.halted')
  const goesOn = join(scratch.path, '.goes-on')
  const preload = { NODE_OPTIONS: `--require ${join(__dirname, 'halt.cjs')}`, MANUAL_HALT_AT: at }
  let [said, isOver] = ['', false]
  let isDone = Promise.resolve()
  const run = start(args.split(' '), scratch.path, { ...env, ...preload }, (kill, _stdout, stderr) => {
    stderr.on('data', (chunk: Buffer) => (said += chunk.toString()))
    isDone = until(() => isOver || existsSync(isHalted))
      .then(() => meanwhile(kill, (text) => until(() => isOver || said.includes(text))))
      .finally(() => writeFileSync(goesOn, ''))
  }).finally(() => (isOver = true))
  const [ended] = await Promise.all([run, isDone])
  const wasHalted = existsSync(isHalted)
  for (const path of [isHalted, goesOn]) rmSync(path, { force: true })
  if (!wasHalted) throw new Error(`the run has never come to ${at}:\n${ended.stdout}\n${ended.stderr}`)
  return ended
}
