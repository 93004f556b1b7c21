import type { RolloutEvent, SomeHosts } from './event'

/** Formats an event as a sentence, which says whether the run is limited to some hosts. */
export function summaryOf(event: RolloutEvent): string {
  return event.limit === undefined ? describeEvent(event) : `${describeEvent(event)}; ${event.limit}`
}

function describeEvent(event: RolloutEvent): string {
  const { wave, counts, failed, outOfRotation, outcome, reason } = event
  const why = reason === undefined ? '' : `: ${reason}`
  const who = failed.count === 0 ? '' : `; failed: ${namesOf(failed)}`
  const left = outOfRotation.count === 0 ? '' : `; still out of rotation: ${namesOf(outOfRotation)}`
  const inWave = wave === undefined ? '' : `wave ${event.number} (${wave.name}), ${hosts(wave.hosts)}`
  switch (event.event) {
    case 'started':
      return 'the rollout has started'
    case 'approval wanted':
      return `approval is waited for${why}`
    case 'wave begun':
      return `${inWave}: begun`
    case 'wave ended':
      return `${inWave}: passed${who}`
    case 'failed':
      return `the rollout stops${why}${who}${left}`
    case 'ended':
      return `${outcome?.title ?? 'over'}, ${hosts(counts.hosts)}${why}${who}${left}`
    case 'drift found':
      return `${hosts(failed.count)} drifted${why}; drifted: ${namesOf(failed)}`
    case 'monitoring changed':
      return `monitoring has changed${why}`
    case 'release created':
      return `release ${event.release ?? 'without a name'} ${reason ?? 'was created'}`
  }
}

/** Formats hosts as `web1, web2 and 3 more`; empty for no hosts. */
export function namesOf({ count, names }: SomeHosts): string {
  const more = count - names.length
  return more > 0 ? `${names.join(', ')} and ${more} more` : names.join(', ')
}

/** Formats the text that is sent where no template is given. */
export function lineOf(event: RolloutEvent): string {
  return `[${event.environment}] ${event.feature}: ${summaryOf(event)}`
}

/** Formats a text as one line without control characters: nothing in it can begin a header or a command. */
export function oneLine(text: string, longest: number): string {
  const line = text
    .toWellFormed()
    .replace(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]+/gu, ' ')
    .trim()
  return line.length > longest ? `${line.slice(0, longest - 1).toWellFormed()}…` : line
}

function hosts(n: number): string {
  return n === 1 ? '1 host' : `${n} hosts`
}
