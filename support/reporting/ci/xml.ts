export type Attributes = Readonly<Record<string, string | number | undefined>>

/**
 * Formats an element; `content` is XML already. An attribute that is undefined is left out. The result is well formed
 * for any text.
 */
export function element(name: string, attributes: Attributes, content = ''): string {
  const open = opening(name, attributes)
  return content === '' ? `${open.slice(0, -1)}/>` : `${open}${content}</${name}>`
}

/** Formats the beginning of an element, whose content and end follow. */
export function opening(name: string, attributes: Attributes): string {
  const written = Object.entries(attributes).flatMap(([key, value]) =>
    value === undefined ? [] : [` ${key}="${xmlText(String(value))}"`],
  )
  return `<${name}${written.join('')}>`
}

/** Escapes a text for an element or an attribute. Characters that XML cannot carry at all become U+FFFD. */
export function xmlText(text: string): string {
  return text.replace(NOT_XML, '\uFFFD').replace(MARKUP, (sign) => `&#${sign.charCodeAt(0)};`)
}

// Tabs and line ends are escaped, since an attribute would lose them, and `>`, which must not follow `]]`.
const MARKUP = /[&<>"'\t\n\r]/g
const NOT_XML = /[^\t\n\r\u0020-\uD7FF\uE000-\uFFFD\u{10000}-\u{10FFFF}]/gu
