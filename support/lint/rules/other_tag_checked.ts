import type { Rule } from '../rule'
import { is, mayAct, nameLine, quote } from '../feature_timeline'

export const otherTagChecked: Rule = {
  id: 'other-tag-checked',
  severity: 'error',
  why: 'The rollout could only stop here, with its hosts changed.',
  fix: 'Name the same tag in both lines.',
  find(timeline) {
    const acts = timeline.where((moment) => mayAct(moment) || is(moment, 'deploys tag'))
    const named = timeline.where((moment) => is(moment, 'names tag'))
    return timeline.of('sees deployed tag').flatMap((look) => {
      const deploy = acts.lastBefore(look)
      if (deploy === undefined || !is(deploy, 'deploys tag')) return []
      const tag = named.lastBefore(deploy)
      if (tag === undefined || !is(tag, 'names tag') || tag.effect.tag === look.effect.tag) return []
      return [
        { line: look.line, message: `${quote(look)}, and ${nameLine(tag)} names the tag that is deployed` },
      ]
    })
  },
}
