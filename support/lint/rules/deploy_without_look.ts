import type { Rule } from '../rule'
import { is, mayLook, quote } from '../feature_timeline'

export const deployWithoutLook: Rule = {
  id: 'deploy-without-look',
  severity: 'error',
  why: 'The tag may have moved, or may not be the one that was meant, and no line would say which commit is served.',
  fix: 'Say afterwards: the deployed tag should be ….',
  find(timeline) {
    const looks = timeline.where((moment) => mayLook(moment) || is(moment, 'sees deployed tag'))
    return timeline
      .of('deploys tag')
      .filter((moment) => looks.firstAfter(moment) === undefined)
      .map((moment) => ({
        line: moment.line,
        message: `${quote(moment)}, and no line after it looks at what is deployed`,
      }))
  },
}
