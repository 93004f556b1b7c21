/**
 * Returns a text that PostgreSQL takes: it has neither NUL nor halves of surrogate pairs. Texts that differ stay
 * different.
 */
export function encodeText(text: string): string {
  return text.replace(UNFIT, (sign) => `\\u${sign.charCodeAt(0).toString(16).padStart(4, '0')}`)
}

/** Returns the text that was encoded. */
export function decodeText(text: string): string {
  return text.replace(/\\u([0-9a-f]{4})/g, (_, digits: string) =>
    String.fromCharCode(Number.parseInt(digits, 16)),
  )
}

/** NUL, the backslash that begins an encoded sign, and each half of a surrogate pair that stands alone. */
// oxlint-disable-next-line no-control-regex -- PostgreSQL refuses this sign, and hosts may send it.
const UNFIT = /[\0\\]|[\uD800-\uDBFF](?![\uDC00-\uDFFF])|(?<![\uD800-\uDBFF])[\uDC00-\uDFFF]/g
