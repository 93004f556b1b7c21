import { createHmac } from 'node:crypto'
import * as v from 'valibot'
import { clean } from '../rollout/model/verdict'
import { pause, type Clock } from '../system/clock'
import { wordsOfFetchFault } from '../system/fetch_fault'
import type { CiReport } from './ci_report'

/** Milliseconds before each further try. */
const PAUSES_MS = [1_000, 2_000, 4_000, 8_000, 15_000, 30_000]
const ANSWER_WITHIN_MS = 10_000
const MAX_ANSWER = 300
/** The answer to a report that is on disk: its id, and whether it was told before. */
const taken = v.object({ report: v.pipe(v.string(), v.regex(/^[0-9a-f]{32}$/)), isNew: v.boolean() })

/** The answer of `lockstep serve` to a report; the words of a refusal are a sentence. */
export type Told = { isTaken: true; isNew: boolean } | { isTaken: false; isFinal: boolean; why: string }

export interface Telling {
  report: CiReport
  secret: string
  /** The address of `lockstep serve`. */
  to: string
  clock: Clock
  fetch: typeof fetch
  signal: AbortSignal
}

/**
 * Tells `lockstep serve` of a build, and tries again for a minute where it cannot be reached or cannot write. It follows no
 * redirect.
 */
export async function tellReport({ report, secret, to, clock, fetch: send, signal }: Telling): Promise<Told> {
  const body = JSON.stringify(report)
  const digest = createHmac('sha256', secret).update(body).digest('hex')
  const url = `${to.replace(/\/+$/, '')}/ci/${report.repository}`
  for (const pauseMs of [...PAUSES_MS, undefined]) {
    const told = await tellOnce(send, url, body, `sha256=${digest}`, signal)
    if (told.isTaken || told.isFinal || pauseMs === undefined || signal.aborted) return told
    await pause(clock, pauseMs, signal).catch(() => {})
  }
  throw new Error('the last try has no pause')
}

async function tellOnce(
  send: typeof fetch,
  url: string,
  body: string,
  signature: string,
  signal: AbortSignal,
): Promise<Told> {
  try {
    const response = await send(url, {
      method: 'POST',
      body,
      headers: { 'content-type': 'application/json', 'x-lockstep-signature': signature },
      redirect: 'manual',
      signal: AbortSignal.any([signal, AbortSignal.timeout(ANSWER_WITHIN_MS)]),
    })
    const text = (await response.text()).slice(0, MAX_ANSWER)
    if (response.status === 202) {
      const answer = parseTaken(text)
      if (answer !== undefined) return { isTaken: true, isNew: answer.isNew }
      const why =
        'it answered 202, and not as lockstep serve does: another program listens there; expected the address of lockstep serve'
      return { isTaken: false, isFinal: true, why }
    }
    const isFinal = response.status < 500
    return { isTaken: false, isFinal, why: `it answered ${response.status}: ${wordsOf(text)}` }
  } catch (error) {
    return { isTaken: false, isFinal: false, why: wordsOfFetchFault(error as Error) }
  }
}

/** Returns the answer of `lockstep serve` to a report that it has taken; undefined for that of another program. */
function parseTaken(answer: string): v.InferOutput<typeof taken> | undefined {
  try {
    return v.parse(taken, JSON.parse(answer))
  } catch {
    return undefined
  }
}

function wordsOf(answer: string): string {
  try {
    const { error } = JSON.parse(answer) as { error?: unknown }
    if (typeof error === 'string') return clean(error)
  } catch {
    // Something else than lockstep serve has answered.
  }
  return 'no words of lockstep serve'
}
