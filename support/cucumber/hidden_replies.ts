import type { Answer, UnexpectedMessage } from '../rollout/ports'
import type { Hide } from '../system/hiding'
import { pickReason } from '../system/reason'

/**
 * Returns answers as they may be shown. Secrets are hidden before any text is cut, since half a secret is not found. Of
 * a failure only the point is picked, which other output of programs would bury. Data that lines compare stay as they
 * are.
 */
export function hideInAnswers(
  agent: string,
  outcomes: ReadonlyMap<string, Answer>,
  hide: Hide,
): ReadonlyMap<string, Answer> {
  return new Map([...outcomes].map(([host, answer]) => [host, hideInAnswer(agent, answer, hide)]))
}

export function hideInUnexpected<S extends UnexpectedMessage>(message: S, hide: Hide): S {
  return { ...message, detail: hide(message.detail) }
}

function hideInAnswer(agent: string, answer: Answer, hide: Hide): Answer {
  if (answer.kind === 'untrusted') return { ...answer, reason: hide(answer.reason) }
  if (answer.kind === 'silent') return answer
  const data = agent === 'nrpe' ? hideInOutput(answer.data, hide) : answer.data
  if (answer.kind === 'answered') return { ...answer, data }
  return { ...answer, data, message: pickReason(hide(answer.message)) }
}

/** Hides secrets in the output of a check, which no line compares with anything. */
function hideInOutput(data: Record<string, unknown>, hide: Hide): Record<string, unknown> {
  const { output } = data
  return typeof output === 'string' ? { ...data, output: hide(output) } : data
}
