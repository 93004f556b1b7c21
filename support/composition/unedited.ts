import { LockstepError } from '../system/errors'

/**
 * Expects the text of a feature to be the one that cucumber has read. The journal would say of lines that are run that
 * they are others, and a resumed run would go by those.
 * @throws LockstepError `bad-feature` when somebody has edited it since
 */
export function expectUnedited(feature: string, text: string, read: string | undefined): void {
  if (read === undefined || withoutMark(text) === withoutMark(read)) return
  throw new LockstepError(
    'bad-feature',
    `${feature} has been changed since this run has read it; nothing of it was done: run it as it is now`,
  )
}

function withoutMark(text: string): string {
  return text.replace(/^\uFEFF/, '')
}
