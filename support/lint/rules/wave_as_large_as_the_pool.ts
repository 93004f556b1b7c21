import type { Fault, Rule } from '../rule'
import { is, mayAct, quoted, type MomentOf, type Story } from '../story'

export const waveAsLargeAsThePool: Rule = {
  id: 'wave-as-large-as-the-pool',
  severity: 'warning',
  why: 'A mistake would reach every host at once, and nobody would be left to serve.',
  fix: 'Take the hosts in waves, "1 host" first; or say how much of the pool must stay in service, or that the whole pool may be out of service.',
  find: (story) =>
    story.of('takes out').flatMap((moment) => (isMeant(story, moment) ? [] : tooMany(story, moment))),
}

function tooMany(story: Story, moment: MomentOf<'takes out'>): Fault[] {
  const { wave, line } = moment
  if (wave === undefined) {
    // A line before the wave of its scenario is the business of change-before-the-wave.
    const waveComes = story.after(moment).some((later) => later.scenario === moment.scenario && later.wave)
    return waveComes ? [] : [{ line, message: `${quoted(moment)} is for all hosts at once` }]
  }
  const isFirst = story.of('takes wave').every(({ scenario }) => scenario >= moment.scenario)
  const isAll = wave.size.kind === 'rest' || (wave.size.kind === 'percent' && wave.size.percent === 100)
  return isFirst && isAll && story.whole
    ? [{ line, message: `the first wave, "${wave.written}", takes all hosts out at once` }]
    : []
}

function isMeant(story: Story, moment: MomentOf<'takes out'>): boolean {
  return story
    .before(moment)
    .some(
      (other) =>
        mayAct(other) ||
        is(other, 'keeps pool', 'lets pool go') ||
        (is(other, 'selects hosts') && other.deed.single) ||
        (is(other, 'counts hosts') && other.deed.exactly === 1),
    )
}
