import type { UnexpectedMessage } from '../system/unexpected_messages'
import type { Answer } from '../rollout/model/answers'
import type { Redact } from '../system/redaction'
import { pickReason } from '../system/reason'

/**
 * Returns answers as they may be shown. Secrets are hidden before any text is cut, since half a secret is not found. Of
 * a failure only the point is picked, which other output of programs would bury. Data that lines compare stay as they
 * are.
 */
export function redactAnswers(
  agent: string,
  outcomes: ReadonlyMap<string, Answer>,
  redact: Redact,
): ReadonlyMap<string, Answer> {
  return new Map([...outcomes].map(([host, answer]) => [host, redactAnswer(agent, answer, redact)]))
}

export function redactUnexpected<S extends UnexpectedMessage>(message: S, redact: Redact): S {
  return { ...message, detail: redact(message.detail) }
}

function redactAnswer(agent: string, answer: Answer, redact: Redact): Answer {
  if (answer.kind === 'untrusted') return { ...answer, reason: redact(answer.reason) }
  if (answer.kind === 'silent') return answer
  const data = agent === 'nrpe' || agent === 'git' ? redactOutput(answer.data, redact) : answer.data
  if (answer.kind === 'answered') return { ...answer, data }
  return { ...answer, data, message: pickReason(redact(answer.message)) }
}

/** Hides secrets in the output of a check or a script, which no line compares with anything. */
function redactOutput(data: Record<string, unknown>, redact: Redact): Record<string, unknown> {
  const { output } = data
  return typeof output === 'string' ? { ...data, output: redact(output) } : data
}
