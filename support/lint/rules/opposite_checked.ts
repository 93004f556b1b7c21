import type { Rule } from '../rule'
import { is, mayAct, nameLine, quote, type StepOccurrence, type FeatureTimeline } from '../feature_timeline'

export const oppositeChecked: Rule = {
  id: 'opposite-checked',
  severity: 'error',
  why: 'The rollout could only stop here, with its hosts changed.',
  fix: 'Look for what was asked for, or ask for what is looked for.',
  find: (timeline) =>
    timeline.moments.flatMap((look) => {
      const asked = lastAsked(timeline, look)
      return asked === undefined
        ? []
        : [{ line: look.line, message: `${quote(look)} is the opposite of what ${nameLine(asked)} asks for` }]
    }),
}

/** Returns the line that asked for the opposite, when nothing in between could have changed it. */
function lastAsked(timeline: FeatureTimeline, look: StepOccurrence): StepOccurrence | undefined {
  const wanted = findSeen(look)
  if (wanted === undefined) return undefined
  const last = timeline
    .beforeInScenario(look)
    .find((moment) => mayAct(moment) || couldChange(moment, wanted.of))
  const asked = last === undefined ? undefined : findAsked(last)
  return asked !== undefined && asked.of === wanted.of && asked.state !== wanted.state ? last : undefined
}

interface State {
  of: string
  state: string
}

function findAsked({ effect, balancer }: StepOccurrence): State | undefined {
  switch (effect.kind) {
    case 'takes out':
      return { of: `traffic ${balancer?.name}`, state: 'blocked' }
    case 'puts back':
      return { of: `traffic ${balancer?.name}`, state: 'unblocked' }
    case 'begins downtime':
      return { of: 'downtime', state: 'begun' }
    case 'ends downtime':
      return { of: 'downtime', state: 'ended' }
    case 'disables puppet':
      return { of: 'puppet', state: 'disabled' }
    case 'enables puppet':
      return { of: 'puppet', state: 'enabled' }
    case 'changes service':
      return { of: `service ${effect.name}`, state: effect.to }
    case 'changes access':
      return { of: `access ${effect.site} ${effect.user}`, state: effect.to }
    case 'changes package':
      return { of: `package ${effect.name}`, state: 'installed' }
    default:
      return undefined
  }
}

function findSeen({ effect, balancer }: StepOccurrence): State | undefined {
  switch (effect.kind) {
    case 'sees traffic':
      return { of: `traffic ${balancer?.name}`, state: effect.wanted }
    case 'sees downtime':
      return { of: 'downtime', state: effect.wanted }
    case 'sees puppet':
      return { of: 'puppet', state: effect.wanted }
    case 'sees service':
      return { of: `service ${effect.name}`, state: effect.wanted }
    case 'sees access':
      return { of: `access ${effect.site} ${effect.user}`, state: effect.to }
    case 'sees package':
      return { of: `package ${effect.name}`, state: effect.wanted }
    default:
      return undefined
  }
}

/**
 * Returns whether a line could change the state that another looks at. Packages start and stop services as they please,
 * and so do services with each other.
 */
function couldChange(moment: StepOccurrence, of: string): boolean {
  const touchesServices = is(moment, 'changes package', 'deploys tag', 'changes service', 'runs puppet')
  return findAsked(moment)?.of === of || (of.startsWith('service ') && touchesServices)
}
