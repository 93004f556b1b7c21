import { randomBytes } from 'node:crypto'
import { EXIT, exitCodeFor, LockstepError } from '../system/errors'
import type { Held } from '../rollout/held'
import type { Obligation } from '../rollout/ledger'
import type { Audience } from '../rollout/ports'
import type { Verdict } from '../rollout/verdict'

/** A step's verdict with the line it belongs to. */
export interface StepVerdict {
  uri: string
  line: number
  text: string
  verdict: Verdict
}

const NOTES_AT_MOST = 10

/**
 * The one run of this process: what the plugin, the hooks and the formatter have to know of each other. Unaware of how
 * a rollout is carried out.
 */
export class Run implements Audience {
  readonly id = runId(new Date())
  mode = 'embedded'
  environment = 'embedded fleet'
  journal: string | undefined
  warnings: readonly string[] = []
  heldBefore: readonly Held[] = []
  readonly verdicts: StepVerdict[] = []
  /** What a person should know and what decides nothing; the first few of them. */
  readonly notes: string[] = []
  readonly stopping = new AbortController()
  /** Asked at the end: what is held, host by host. */
  held: () => readonly Obligation[] = () => []
  /** Hides what must not be shown; known once the configuration is read. */
  scrub: (text: string) => string = (text) => text
  /** The line being run. */
  current = { uri: '', line: 0, text: '' }
  /** What it has come to so far; a step that only says something has none. */
  currentVerdict: Verdict | undefined
  /** Lines of steps by their node in the feature's syntax tree. */
  readonly lines = new Map<string, number>()
  onProgress: (done: number, expected: number | undefined) => void = () => {}
  private refusal: LockstepError | undefined
  private failed = false

  progress(done: number, expected: number | undefined): void {
    this.onProgress(done, expected)
  }

  begin(step: Run['current']): void {
    this.current = step
    this.currentVerdict = undefined
  }

  note(text: string): void {
    if (this.notes.length < NOTES_AT_MOST) this.notes.push(text)
  }

  verdict(verdict: Verdict): void {
    this.currentVerdict = verdict
    this.verdicts.push({ ...this.current, verdict })
  }

  lineOf(astNodeIds: readonly string[]): number {
    return this.lines.get(astNodeIds[0] ?? '') ?? 0
  }

  /** Why the run could not be, or not go on; the first reason stays. */
  refuse(reason: LockstepError): void {
    this.refusal ??= reason
  }

  get refused(): LockstepError | undefined {
    return this.refusal
  }

  fail(): void {
    this.failed = true
  }

  get exitCode(): number {
    if (this.refusal !== undefined) return exitCodeFor(this.refusal.code)
    if (this.stopping.signal.aborted) return EXIT.interrupted
    return this.failed ? EXIT.diverged : EXIT.held
  }
}

export const run = new Run()

function runId(now: Date): string {
  const stamp = now.toISOString().replace(/[-:]/g, '').replace('T', '-').slice(0, 15)
  return `${stamp}-${randomBytes(2).toString('hex')}`
}
