import type { Rule } from '../rule'
import { is, mayLook, quote } from '../feature_timeline'

export const updateWithoutVersionCheck: Rule = {
  id: 'update-without-version-check',
  severity: 'error',
  why: 'A host whose repository is behind says that it is up to date, and would count as updated.',
  fix: 'Say afterwards: the package version for … should be ….',
  find(timeline) {
    const looks = timeline.where(mayLook)
    const versionsOf = timeline.by((moment) => (is(moment, 'sees version') ? moment.effect.name : undefined))
    return timeline
      .of('changes package')
      .filter(
        (moment) =>
          looks.firstAfter(moment) === undefined &&
          versionsOf(moment.effect.name).firstAfter(moment) === undefined,
      )
      .map((moment) => ({
        line: moment.line,
        message: `${quote(moment)}, and no line after it looks at the version of ${moment.effect.name}`,
      }))
  },
}
