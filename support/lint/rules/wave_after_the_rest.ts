import type { Rule } from '../rule'

export const waveAfterTheRest: Rule = {
  id: 'wave-after-the-rest',
  severity: 'error',
  why: 'The large wave would come first, and the small one that was to try the change out would be empty.',
  fix: 'Make "the rest" the last row of the table.',
  find(timeline) {
    const waves = timeline.of('takes wave')
    const rest = waves.findIndex(({ effect }) => effect.size.kind === 'rest')
    const next = rest < 0 ? undefined : waves[rest + 1]
    return next === undefined
      ? []
      : [
          {
            line: next.line,
            message: `the wave "${next.effect.written}" comes after "the rest", which leaves nobody`,
          },
        ]
  },
}
