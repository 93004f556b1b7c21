import { clean } from '../../rollout/verdict'

const TEXT_AT_MOST = 2_000

/** Text that is safe in a page, whoever wrote it. */
export function cell(text: string): string {
  return clean(text, TEXT_AT_MOST).replace(/[&<>"']/g, (sign) => `&#${sign.charCodeAt(0)};`)
}

export function table(title: string, rows: readonly (readonly string[])[]): string {
  const style =
    'text-align: left; vertical-align: top; padding: 0.2rem 1rem 0.2rem 0; border-bottom: 1px solid #ddd'
  const body = rows.map(
    (row) => `<tr>${row.map((text) => `<td style="${style}">${cell(text)}</td>`).join('')}</tr>`,
  )
  return `<h2 style="font-size: 1rem; margin: 1rem 0 0.2rem">${cell(title)}</h2><table style="border-collapse: collapse">${body.join('')}</table>`
}
