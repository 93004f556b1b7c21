import type { Envelope } from '@cucumber/messages'
import type { Redact } from '../system/redaction'

/** Hides secrets in a message of cucumber's, in place. Cucumber's own reports get each message after this. */
export function redactMessage(
  { testStepFinished, testRunHookFinished, attachment }: Envelope,
  redact: Redact,
): void {
  for (const result of [testStepFinished?.testStepResult, testRunHookFinished?.result]) {
    if (result?.message !== undefined) result.message = redact(result.message)
    const { exception } = result ?? {}
    if (exception?.message !== undefined) exception.message = redact(exception.message)
    if (exception?.stackTrace !== undefined) exception.stackTrace = redact(exception.stackTrace)
  }
  if (attachment !== undefined && String(attachment.contentEncoding) === 'IDENTITY')
    attachment.body = redact(attachment.body)
}
