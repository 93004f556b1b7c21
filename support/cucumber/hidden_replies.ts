import type { Answer, UnexpectedMessage } from '../rollout/ports'
import type { Hide } from '../system/hiding'
import { pickReason } from '../system/reason'

/**
 * Answers as they may be shown: secrets are hidden before anything is cut, since half a secret is not found. Of a failure
 * the point is picked: what programs print beside it would hide it. Data that lines compare stay as they are.
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

/** What a check has printed, which no line compares with anything. */
function hideInOutput(data: Record<string, unknown>, hide: Hide): Record<string, unknown> {
  const { output } = data
  return typeof output === 'string' ? { ...data, output: hide(output) } : data
}
