import type { Rule } from '../rule'
import { nameLine, quote } from '../feature_timeline'

export const deployStays: Rule = {
  id: 'deploy-stays',
  severity: 'error',
  why: 'Only packages go back after a failure: hosts would be left with the new tag and the old packages.',
  fix: 'Leave the line out, and deploy the earlier tag after a failure.',
  find(timeline) {
    const [deploy] = timeline.of('deploys tag')
    const [back] = timeline.of('restores after failure').filter(({ effect }) => effect.versions)
    if (deploy === undefined || back === undefined) return []
    return [{ line: back.line, message: `${quote(back)}, and the tag of ${nameLine(deploy)} stays` }]
  },
}
