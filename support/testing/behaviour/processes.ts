import { cucumber, lockstep, type ProcessRun } from '../cucumber_process'
import type { Manual } from './manual'

/** Runs cucumber-js in the scenario's folder, with more variables than the scenario's own where they are given. */
export function runCucumber(
  { scratch, env }: Manual,
  args: string,
  more: Readonly<Record<string, string>> = {},
): Promise<ProcessRun> {
  return cucumber(wordsOf(args), scratch.path, { ...env, ...more })
}

export function runLockstep({ scratch, env }: Manual, args: string): Promise<ProcessRun> {
  return lockstep(wordsOf(args), scratch.path, env)
}

/** Runs cucumber-js and closes its output after the first line, as `head` does. */
export function runAndLeave({ scratch, env }: Manual, args: string): Promise<ProcessRun> {
  return cucumber(wordsOf(args), scratch.path, env, (_kill, stdout) => {
    stdout.once('data', () => stdout.destroy())
  })
}

export function runOnFullDisk(
  { scratch, env }: Manual,
  args: string,
  which: 'output' | 'error',
): Promise<ProcessRun> {
  const full = { file: '/dev/full' }
  const outputs = which === 'output' ? { stdout: full } : { stderr: full }
  return cucumber(wordsOf(args), scratch.path, env, () => {}, outputs)
}

/** Runs cucumber-js and sends it a signal once its error output says a text. */
export function runAndSignal(
  { scratch, env }: Manual,
  args: string,
  signal: NodeJS.Signals,
  text: string,
): Promise<ProcessRun> {
  let said = ''
  return cucumber(wordsOf(args), scratch.path, env, (kill, _stdout, stderr) => {
    stderr.on('data', (chunk: Buffer) => {
      const had = said.includes(text)
      said += chunk.toString()
      if (!had && said.includes(text)) kill(signal)
    })
  })
}

function wordsOf(args: string): string[] {
  return args.split(' ').filter(Boolean)
}
