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
 * a plugin or an extension of a team, may keep something from one run to the next.
 */
export function beginnerHere(cwd: string): BeginAgain | undefined {
  const support = ownSupportCode()
  const { hasOwnPluginsOnly, hasExtensions } = session()
  if (support === undefined || !hasOwnPluginsOnly || hasExtensions) return undefined
  return (again, read) => begin(again, read, { cwd, run: (own, paper) => run(own, support, paper, cwd) })
}

/** The way in which a run is gone through in this process, and the folder that it is for. */
interface Course {
  run: (own: Session, paper: Writable) => Promise<void>
  cwd: string
}

/**
 * Begins a run and hands what it came to to `read`. One that breaks off with an error has no result, as one whose process
 * ended: the run that began it goes on to its own end.
 */
export async function begin<T>(
  again: Parameters<BeginAgain>[0],
  read: (ended: Ended) => T | Promise<T>,
  { run, cwd }: Course,
): Promise<T> {
  const { surroundings, args } = session()
  const { signal } = again
  // A signal that has stopped already tells nobody of it.
  expectUninterrupted(signal)
  const reports = mkdtempSync(join(tmpdir(), 'lockstep-'))
  try {
    const more = envOfAgain(again, reports, resolve(cwd, surroundings.folders.state))
    const own = new Session(
      surroundingsOf({ ...surroundings.env, ...more }),
      argsOfAgain(args, again),
      undefined,
      false,
    )
    const stop = () => own.run.interrupt()
    signal.addEventListener('abort', stop, { once: true })
    const paper = new Paper()
    const ended = await within(own, () => run(own, paper)).then(
      () => endedOf(own, paper),
      (error: unknown) => brokenOff(paper, error),
    )
    signal.removeEventListener('abort', stop)
    await own.composition?.letGo()
    expectUninterrupted(signal)
    return await read(ended)
  } finally {
    rmSync(reports, { recursive: true, force: true })
  }
}

async function run(
  { surroundings, args }: Session,
  support: ISupportCodeLibrary,
  paper: Writable,
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
  if (state.ended === undefined) return withoutResult(paper, undefined)
  const said = lastWords({ output: paper.text, failure: undefined })
  return { exitCode: state.exitCode, plan: state.planned?.path, truth: state.truth, said }
}

function brokenOff(paper: Paper, error: unknown): Ended {
  return withoutResult(paper, error instanceof Error ? error.message : String(error))
}

function withoutResult(paper: Paper, failure: string | undefined): Ended {
  const said = lastWords({ output: paper.text, failure })
  return { exitCode: undefined, plan: undefined, truth: undefined, said }
}

/** Keeps what a run shows, which is for no person but where the run fails. */
class Paper extends Writable {
  text = ''

  override _write(chunk: unknown, _encoding: BufferEncoding, done: () => void): void {
    this.text += String(chunk)
    done()
  }
}
