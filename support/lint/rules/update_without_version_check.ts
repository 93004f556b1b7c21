import type { Rule } from '../rule'
import { is, mayLook, quoted } from '../story'

export const updateWithoutVersionCheck: Rule = {
  id: 'update-without-version-check',
  severity: 'error',
  why: 'A host whose repository is behind says that it is up to date, and would count as updated.',
  fix: 'Say afterwards: the package version for … should be ….',
  find(story) {
    const looks = story.where(mayLook)
    const names = new Set(story.of('changes package').map(({ deed }) => deed.name))
    return [...names]
      .flatMap((name) => {
        const versions = story.where((moment) => is(moment, 'sees version') && moment.deed.name === name)
        return story
          .of('changes package')
          .filter(
            (moment) =>
              moment.deed.name === name &&
              looks.firstAfter(moment) === undefined &&
              versions.firstAfter(moment) === undefined,
          )
      })
      .map((moment) => ({
        line: moment.line,
        message: `${quoted(moment)}, and no line after it looks at the version of ${moment.deed.name}`,
      }))
  },
}
