import { MAX_SHOWN } from './limits'
import { printable } from './printable'
import type { PlacedRemark, Verification } from './verify_push'

/** Formats what the person who pushes is told: a line for each remark, errors first, and what became of the push. */
export function formatVerification({ remarks, files }: Verification): string {
  const errors = remarks.filter(({ severity }) => severity === 'error')
  const warnings = remarks.filter(({ severity }) => severity === 'warning')
  const shown = [...errors, ...warnings].slice(0, MAX_SHOWN)
  const left = errors.length + warnings.length - shown.length
  const lines = [
    ...shown.map(formatRemark),
    ...(left > 0 ? [`and ${left} more`] : []),
    ...(errors.length > 0 ? [`the push is refused: ${counted(errors.length, 'error')}`] : []),
    ...(errors.length === 0 && files > 0 ? [`${counted(files, 'file')} checked, no error`] : []),
  ]
  return lines.map((line) => `lockstep: ${line}\n`).join('')
}

function formatRemark({ severity, path, line, message, commit }: PlacedRemark): string {
  const said = printable(message)
  const kind = severity === 'warning' ? 'warning, ' : ''
  if (path === undefined) return `${kind}${said}`
  const place = `${printable(path)}${line === undefined ? '' : `:${line}`}`
  return `${place}: ${kind}${said}${commit === undefined ? '' : ` (commit ${commit.slice(0, 12)})`}`
}

function counted(n: number, noun: string): string {
  return `${n} ${noun}${n === 1 ? '' : 's'}`
}
