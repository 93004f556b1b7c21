const UNITS: Readonly<Record<string, number>> = {
  ms: 1,
  s: 1_000,
  second: 1_000,
  min: 60_000,
  minute: 60_000,
  h: 3_600_000,
  hour: 3_600_000,
}

/** The units that no step and no time-out has: a timer cannot be set for so long. */
const LONG_UNITS: Readonly<Record<string, number>> = {
  d: 86_400_000,
  day: 86_400_000,
  w: 604_800_000,
  week: 604_800_000,
}

/**
 * Parses a duration to milliseconds: `30 seconds`, `2 minutes`, `1.5 hours`, `500 ms`; undefined for any other text.
 */
export function parseDuration(written: string): number | undefined {
  return parseWith(UNITS, written)
}

/** Parses an age to milliseconds: a duration, or `90 days`, `30d`, `12 weeks`; undefined for any other text. */
export function parseAge(written: string): number | undefined {
  return parseWith({ ...UNITS, ...LONG_UNITS }, written)
}

function parseWith(units: Readonly<Record<string, number>>, written: string): number | undefined {
  const [, amount, unit = ''] = /^(\d{1,6}(?:\.\d{1,3})?) ?([a-z]+)$/.exec(written.trim()) ?? []
  const size = units[unit] ?? units[unit.replace(/s$/, '')]
  if (amount === undefined || size === undefined || !(Number(amount) > 0)) return undefined
  return Number(amount) * size
}

/** Formats how long something took, in seconds with one decimal, such as `0.4 s` or `12.0 s`; or in minutes. */
export function formatSeconds(ms: number): string {
  return ms < 59_950 ? `${(ms / 1_000).toFixed(1)} s` : formatDuration(Math.round(ms / 1_000) * 1_000)
}

/** Formats a duration in its shortest form: `350 ms`, `2.5 s`, `3 min`, `1 h 19 min 2 s`. */
export function formatDuration(ms: number): string {
  if (ms < 999.5) return `${Math.round(ms)} ms`
  if (ms < 59_950) return `${Math.round(ms / 100) / 10} s`
  const seconds = Math.round(ms / 1_000)
  const parts = [
    [Math.floor(seconds / 3_600), 'h'],
    [Math.floor(seconds / 60) % 60, 'min'],
    [seconds % 60, 's'],
  ] as const
  return parts.flatMap(([n, unit]) => (n === 0 ? [] : [`${n} ${unit}`])).join(' ')
}
