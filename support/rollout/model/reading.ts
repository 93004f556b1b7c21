import type { Answer, Answers } from './answers'
import type { Observation } from './verdict'

/** The content of an answer, and whether it is what was wanted. */
export interface Reading {
  passed: boolean
  seen: string
}

/** Returns one host's observation; `read` is asked only about an agent's own word. */
export function observationOf(
  host: string,
  answers: Answers,
  read: (answer: Answer) => Reading,
): Observation {
  const answer = answers.outcomes.get(host) ?? { kind: 'silent' as const, waited: 0 }
  if (answer.kind === 'silent') return { host, passed: false, kind: 'silent', seen: silence(answer) }
  if (answer.kind === 'untrusted') return { host, passed: false, kind: 'untrusted', seen: answer.reason }
  return { host, kind: answer.kind, ...read(answer) }
}

/** Describes how long a host was silent, and whether it gave a sign of life meanwhile. `waited` is in milliseconds. */
export function silence({ waited, pings }: { waited: number; pings?: boolean }): string {
  const seconds = waited / 1000
  const asked = `asked ${seconds >= 10 ? Math.round(seconds) : Math.round(seconds * 10) / 10} s ago`
  if (pings === undefined) return `no answer (${asked})`
  return pings
    ? `no answer (${asked}); it answers pings, but not this: its agent hangs or is not loaded`
    : `no answer (${asked}); it answers no ping either: the host or its daemon is down`
}

/** Returns the text of a field of a reply, as a person would read it. */
export function formatValue(value: unknown): string {
  if (value === undefined || value === null) return 'nothing'
  return typeof value === 'object'
    ? JSON.stringify(value)
    : String(value as string | number | boolean | bigint)
}
