import { excerpt } from '../system/redaction'

const MAX_SHOWN = 300

/**
 * Returns a hostile text, such as a path or a ref, as one line in which a terminal finds nothing but letters. Characters
 * that control it, or turn its direction, are written as their number.
 */
export function printable(text: string): string {
  return excerpt(
    text
      .toWellFormed()
      .replace(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu, (sign) => `\\u{${sign.codePointAt(0)?.toString(16)}}`),
    MAX_SHOWN,
  )
}
