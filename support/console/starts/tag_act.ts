import * as v from 'valibot'
import { notAllowed, personalAct, refused, type PersonalAct } from '../personal_act'
import { pathOfLook } from '../looks/look_view'
import { listFeatures, readFeature } from './feature_list'
import type { StartSources } from './start_sources'
import { tagsWantedOf } from './tag_offer'

const NOT_SERVING = 'lockstep serve has only just begun, or ends; ask again in a moment'

/** Returns the act that asks the hosts of a feature which tags they have. It changes no host, and fetches nothing. */
export function askForTags({ folder, features, environments, tags }: StartSources): PersonalAct {
  const text = (what: string) => v.pipe(v.string(), v.description(what))
  return personalAct({
    name: 'ask for tags',
    path: '/tags',
    summary:
      'Asks the hosts of a feature which tags of its repository they have. Nothing is fetched. The answer is at the path that comes back.',
    schema: v.strictObject({
      feature: text('the path of a feature that lockstep.yaml lets people start'),
      environment: text('whose hosts are asked'),
      tag: v.optional(text('the one tag that is asked about; the newest ones where it is left out'), ''),
    }),
    async perform({ person, may, note }, { feature, environment, tag }) {
      if (!environments.includes(environment) || !may('look', environment))
        return refused('there is no such environment that you may look at', 404)
      if (!may('plan', environment)) return notAllowed(person, 'ask for tags', environment)
      const read = listFeatures(folder, features).includes(feature) ? readFeature(folder, feature) : undefined
      if (read === undefined)
        return refused('lockstep.yaml names no such feature among console: { features: … }', 404)
      if (read.tag === undefined)
        return refused('the feature leaves no tag of a repository to be chosen', 422)
      if ('why' in read.tag.hosts) return refused(`its hosts cannot be asked: ${read.tag.hosts.why}`, 422)
      const one = tag.trim()
      if (one !== '' && tags?.takesTag(one) !== true)
        return refused('that is no name of a tag that hosts take', 422)
      const wanted = tagsWantedOf(feature, read.tag, one === '' ? null : one)
      const looks = tags?.desk.looks
      const why = looks === undefined ? NOT_SERVING : looks.whyNot(environment)
      if (looks === undefined || wanted === undefined || why !== undefined)
        return refused(why ?? NOT_SERVING, 409)
      await note(`tags of ${wanted.repository} for ${feature} in ${environment}`)
      const asked = looks.ask({ by: person.name, environment, wanted })
      return 'id' in asked
        ? { result: 'done', says: `the hosts are asked, as ${asked.id}`, at: pathOfLook(asked) }
        : refused(asked.why, 409)
    },
  })
}
