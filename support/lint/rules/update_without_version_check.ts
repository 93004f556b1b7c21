import type { Rule } from '../rule'
import { is, mayLook, quoted } from '../story'

export const updateWithoutVersionCheck: Rule = {
  id: 'update-without-version-check',
  severity: 'error',
  why: 'A host whose repository is behind says that it is up to date, and would count as updated.',
  fix: 'Say afterwards: the package version for … should be ….',
  find: (story) =>
    story
      .of('changes package')
      .filter((moment) => {
        const { name } = moment.deed
        return story
          .after(moment)
          .every((later) => !mayLook(later) && !(is(later, 'sees version') && later.deed.name === name))
      })
      .map((moment) => ({
        line: moment.line,
        message: `${quoted(moment)}, and no line after it looks at the version of ${moment.deed.name}`,
      })),
}
