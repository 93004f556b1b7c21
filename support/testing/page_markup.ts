import { expect } from 'chai'
import fc from 'fast-check'
import type { Markup } from '../reporting/html/markup'

const ELEMENTS =
  'html|head|meta|title|link|body|main|header|nav|section|article|h1|h2|h3|p|b|br|small|pre|code|time|dl|dt|dd|div|span|table|thead|tbody|tr|th|td|details|summary|ul|ol|li|a|form|label|select|option|input|button'
const MARKUP = new RegExp(`</?(?:${ELEMENTS})(?: [a-z-]+="[^"<>]*"| selected)*>|<!doctype html>`, 'g')
const ENTITIES = /&(?:amp|lt|gt|quot|#39);/g
/** The addresses that links may lead to: those of the console itself. */
const ADDRESSES = /(?:href|action|src)="(?!\/(?!\/)|#main"|data:,")/

/** Expects that a page has no markup, address or sign but its own, and that nothing of others can end an attribute. */
export function expectOwnMarkup({ text }: Markup): void {
  const rest = text.replaceAll(MARKUP, '').replaceAll(ENTITIES, '')
  expect(rest).not.to.match(/[<>&]/)
  expect(text).not.to.match(ADDRESSES)
  expect(text).not.to.match(/[^\n\P{Cc}]|\p{Cf}/u)
  for (const [tag] of text.matchAll(MARKUP))
    expect(tag.replaceAll(/"[^"]*"/g, '""')).not.to.match(/ on[a-z]+=|style=|srcdoc=/i)
}

/** Generates what a host, a branch or a person could call something to deceive a reader or a browser. */
export function hostileText(): fc.Arbitrary<string> {
  return fc.oneof(
    fc.string({ unit: 'binary', maxLength: 40 }),
    fc.constantFrom(
      '"><script>alert(1)</script>',
      "' onmouseover='alert(1)",
      'javascript:alert(1)',
      '//evil.example',
      '../../etc/passwd',
      '\u202egnp.exe\u2066\u200b',
      '\u001b[31mred\u001b[0m\r\nX-Header: 1',
      '&lt;b&gt;&amp;',
      '</title></head><body onload=alert(1)>',
      '\ud800',
      'x'.repeat(5_000),
    ),
  )
}
