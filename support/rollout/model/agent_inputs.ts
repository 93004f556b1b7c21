/** A table of two columns, as cucumber hands it to a step. */
interface TwoColumns {
  rowsHash(): Record<string, string>
}

/** Returns the inputs of an action from a table of two columns, name and value. */
export function agentInputs(table: TwoColumns): Record<string, string | boolean | number> {
  return Object.fromEntries(
    Object.entries(table.rowsHash()).map(([name, written]) => [name, agentInput(written)]),
  )
}

/** Returns one value of a table of inputs; `true`, `false` and whole numbers are taken as such. */
export function agentInput(written: string): string | boolean | number {
  if (written === 'true') return true
  if (written === 'false') return false
  return /^-?(0|[1-9]\d{0,14})$/.test(written) ? Number(written) : written
}
