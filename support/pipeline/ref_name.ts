/** The most bytes of a ref that is looked at. git itself has no limit but that of the file system. */
export const MAX_REF_BYTES = 1_024

/** Matches what git-check-ref-format(1) forbids in a ref, beside spaces and control characters. */
const FORBIDDEN = /^-|[~^:?*[\\]|\.\.|@\{|\/\/|^\/|[/.]$|(?:^|\/)\.|\.lock(?:\/|$)/

/**
 * Returns whether a text is the whole name of a ref, such as `refs/heads/main`, as `git check-ref-format` has it. Only
 * such a text may become an argument of git. It may still have letters in it that a screen misreads.
 */
export function isRefName(text: string): boolean {
  if (text.length > MAX_REF_BYTES || !text.isWellFormed()) return false
  if (Buffer.byteLength(text) > MAX_REF_BYTES || !text.includes('/')) return false
  return !FORBIDDEN.test(text) && ![...text].some(isSpaceOrControl)
}

function isSpaceOrControl(character: string): boolean {
  return character <= ' ' || character === '\u007f'
}
