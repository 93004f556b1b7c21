import { isScalar, LineCounter, parseAllDocuments, visit, type Document } from 'yaml'
import { findFaultsOfForm, isEncrypted } from '../config/eyaml'
import type { Remark } from './remark'

/** The form in which `eyaml edit` shows a value. Source: hiera-eyaml 3.3.0, parser/encrypted_tokens.rb. */
const DECRYPTED = /DEC(?:\(\d+\))?::\w+\[/g

/** Returns what is wrong with the encrypted values of a YAML, with their lines, and nothing of the values. */
export function judgeEyaml(text: string): Remark[] {
  const shown = decryptedLines(text).map((line) => ({
    severity: 'error' as const,
    line,
    message: 'eyaml: a value that was encrypted stands here in plain text; encrypt it again: eyaml encrypt',
  }))
  return isEncrypted(text) ? [...shown, ...faultsOfForm(text)] : shown
}

function decryptedLines(text: string): number[] {
  const end = text.lastIndexOf(']!')
  const lines: number[] = []
  let [line, from] = [1, 0]
  for (const { index } of text.matchAll(DECRYPTED)) {
    if (index > end) break
    for (let at = text.indexOf('\n', from); at !== -1 && at < index; at = text.indexOf('\n', from)) {
      line += 1
      from = at + 1
    }
    lines.push(line)
  }
  return [...new Set(lines)]
}

/** Comments are no values: an explanation may well show the form of one. */
function faultsOfForm(text: string): Remark[] {
  const lines = new LineCounter()
  const documents = parseAllDocuments(text, { lineCounter: lines, uniqueKeys: false, version: '1.2' })
  const remarks: Remark[] = []
  for (const document of Array.isArray(documents) ? (documents as Document[]) : [])
    visit(document, (_key, node) => {
      if (!isScalar(node) || typeof node.value !== 'string' || !isEncrypted(node.value)) return
      const line = node.range == null ? undefined : lines.linePos(node.range[0]).line
      for (const why of new Set(findFaultsOfForm(node.value)))
        remarks.push({
          severity: why.startsWith('is encrypted with ') ? 'warning' : 'error',
          line,
          message: `eyaml: the value ${why}`,
        })
    })
  return remarks
}
