import type { Rule } from '../rule'
import { is, mayAct, quote, type StepOccurrence } from '../feature_timeline'

export const noRepository: Rule = {
  id: 'no-repository',
  severity: 'error',
  why: 'The rollout could only stop at that line, with hosts changed before it.',
  fix: 'Say in the Background: Given the repository …, and: Given the tag ….',
  find: (timeline) =>
    timeline
      .of(
        'sees tag',
        'expects tests',
        'fetches tags',
        'deploys tag',
        'sees deployed tag',
        'sees working tree',
      )
      .flatMap((moment) => {
        const earlier = timeline.moments.filter(({ index }) => index < moment.index)
        // A step of a team's own may name them.
        if (earlier.some(mayAct)) return []
        const names = (kind: 'names repository' | 'names tag') => earlier.some((each) => is(each, kind))
        const lacks = [
          ...(names('names repository') ? [] : ['repository']),
          ...(needsTag(moment) && !names('names tag') ? ['tag'] : []),
        ]
        if (lacks.length === 0) return []
        return [
          {
            line: moment.line,
            message: `${quote(moment)}, and no line before it names the ${lacks.join(' and the ')}`,
          },
        ]
      }),
}

function needsTag(moment: StepOccurrence): boolean {
  return is(moment, 'sees tag', 'expects tests', 'deploys tag')
}
