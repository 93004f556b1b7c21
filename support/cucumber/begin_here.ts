import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { Writable } from 'node:stream'
import type { ISupportCodeLibrary } from '@cucumber/cucumber/api'
import {
  argsOfAgain,
  envOfAgain,
  expectUninterrupted,
  lastWords,
  type BeginAgain,
  type Ended,
} from '../run/again'
import { surroundingsOf } from '../run/parameters'
import { moduleUrl } from './module_url'
import { configurationOf } from './resolved_options'
import { Session, session, within } from '../composition/session'
import { ownSupportCode } from './support_code'

/**
 * Returns what begins another run in this process, over the support code that is loaded. Undefined where that code, or
 * a plugin of a team, may keep something from one run to the next.
 */
export function beginnerHere(cwd: string): BeginAgain | undefined {
  const support = ownSupportCode()
  if (support === undefined || !session().hasOwnPluginsOnly) return undefined
  return (again, read) => begin(again, read, support, cwd)
}

async function begin<T>(
  again: Parameters<BeginAgain>[0],
  read: (ended: Ended) => T | Promise<T>,
  support: ISupportCodeLibrary,
  cwd: string,
): Promise<T> {
  const { surroundings, args } = session()
  const { signal } = again
  const reports = mkdtempSync(join(tmpdir(), 'lockstep-'))
  try {
    const more = envOfAgain(again, reports, resolve(cwd, surroundings.folders.state))
    const own = new Session(surroundingsOf({ ...surroundings.env, ...more }), argsOfAgain(args, again), false)
    const stop = () => own.run.interrupt()
    signal.addEventListener('abort', stop, { once: true })
    const paper = new Paper()
    await within(own, () => run(own, support, paper, cwd)).finally(() =>
      signal.removeEventListener('abort', stop),
    )
    expectUninterrupted(signal)
    return await read(endedOf(own, paper))
  } finally {
    rmSync(reports, { recursive: true, force: true })
  }
}

async function run(
  { surroundings, args }: Session,
  support: ISupportCodeLibrary,
  paper: Paper,
  cwd: string,
): Promise<void> {
  const { runCucumber } = require('@cucumber/cucumber/api') as typeof import('@cucumber/cucumber/api')
  const { runConfiguration } = await configurationOf(args, cwd)
  // Reports of the command line are those of the run that begins this one.
  const formats = { stdout: moduleUrl('terminal.cjs'), files: {}, publish: false as const, options: {} }
  const environment = { cwd, stdout: paper, stderr: paper, env: { ...surroundings.env } }
  await runCucumber({ ...runConfiguration, support, formats }, environment)
}

function endedOf({ run: { state } }: Session, paper: Paper): Ended {
  const said = lastWords({ output: paper.text, failure: undefined })
  if (state.ended === undefined) return { exitCode: undefined, plan: undefined, truth: undefined, said }
  return { exitCode: state.exitCode, plan: state.planned?.path, truth: state.truth, said }
}

/** Keeps what a run shows, which is for no person but where the run fails. */
class Paper extends Writable {
  text = ''

  override _write(chunk: unknown, _encoding: BufferEncoding, done: () => void): void {
    this.text += String(chunk)
    done()
  }
}
