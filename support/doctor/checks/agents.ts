import { foldHosts } from '../../rollout/model/fold_hosts'
import type { Survey } from '../../survey/survey'
import { groupBy } from '../../system/groups'
import { fail, notChecked, ok, warn, type Check, type Finding } from '../check'
import { NotChecked } from '../not_checked'
import type { TeamFeatures } from '../team_features'

/** Looks whether hosts have the agents that the features of the team cannot do without. */
export const agents: Check = {
  name: 'agents',
  limitMs: 25_000,
  async look(subject) {
    return judgeAgents(await subject.features(), await subject.survey())
  },
}

/**
 * Judges the agents of the hosts. A host that lacks one may be none of a feature's hosts, so that this is a warning; a
 * feature whose agent no host has cannot be run.
 */
export function judgeAgents(features: TeamFeatures, { hosts }: Pick<Survey, 'hosts'>): Finding[] {
  if (hosts.length === 0) throw new NotChecked('no host answers')
  const findings: Finding[] = []
  const untold = hosts.filter(({ agents: own }) => own === undefined)
  for (const [trouble, group] of groupBy(untold, ({ trouble }) => trouble ?? ''))
    findings.push(
      fail(`${namesOf(group)}: its agents are not known: ${trouble}`, 'look at the daemon of this host'),
    )
  const told = hosts.filter(({ agents: own }) => own !== undefined)
  for (const { agent, uri, line } of features.agents) {
    const without = told.filter(({ agents: own }) => !own?.some(({ name }) => name === agent))
    if (without.length === 0) continue
    const what = `${namesOf(without)}: there is no agent ${agent}, which ${uri}:${line} needs`
    const mend = `install the agent ${agent} there`
    findings.push(
      without.length === told.length ? fail(what, mend) : warn(what, `${mend}, if they are hosts of it`),
    )
  }
  if (features.unread.length > 0)
    findings.push(notChecked(`not all features were read: ${features.unread.slice(0, 3).join(', ')}`))
  if (features.read === 0) return [...findings, notChecked('there is no feature in the folder features')]
  if (findings.length > 0) return findings
  if (features.agents.length === 0) return [notChecked(`no line of ${counted(features.read)} names an agent`)]
  const names = features.agents.map(({ agent }) => agent).join(', ')
  return [ok(`every host has what ${counted(features.read)} need${features.read === 1 ? 's' : ''}: ${names}`)]
}

function counted(features: number): string {
  return features === 1 ? '1 feature' : `${features} features`
}

function namesOf(group: readonly { host: string }[]): string {
  return foldHosts(group.map(({ host }) => host)).join(', ')
}
