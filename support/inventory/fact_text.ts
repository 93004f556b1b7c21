/**
 * Formats a fact as text, as MCollective has it. A fact without a value gives nothing, and one that is no single value
 * JSON.
 */
export function factText(name: string, value: unknown): [string, string][] {
  if (value === null || value === undefined) return []
  if (typeof value === 'object') return [[name, JSON.stringify(value)]]
  return [[name, String(value as string | number | boolean)]]
}
