import type { MakeBalancer } from '../balancers/team/team_balancer'
import type { TeamBalancerSettings } from '../config/balancers_setting'
import type { Environment } from '../config/environment'
import type { Added, Extensions } from '../extensions/extensions'
import type { TeamChannelSettings } from '../notifications/settings'
import type { MakeChannel } from '../notifications/team_channel'
import { LockstepError } from '../system/errors'

/**
 * Expects that the extensions have all that an environment names of them.
 * @throws LockstepError `bad-config` with the place where the missing one is named
 */
export function expectExtensions({ notifications, balancers }: Environment, extensions: Extensions): void {
  for (const settings of notifications)
    if (settings.kind === 'extension') expectTeamChannel(settings, extensions.channels)
  for (const settings of balancers) expectTeamBalancer(settings, extensions)
}

/** Returns what makes a channel. @throws LockstepError `bad-config` where no extension has it */
export function expectTeamChannel(
  { name, where }: Pick<TeamChannelSettings, 'name' | 'where'>,
  channels: Extensions['channels'],
): MakeChannel {
  const found = channels.get(name)
  if (found !== undefined) return found.add
  throw new LockstepError('bad-config', `${where}: ${missing('channel', name, channels)}`)
}

/** Returns what makes a balancer, and its file. @throws LockstepError `bad-config` where no extension has it */
export function expectTeamBalancer(
  { kind, where }: Pick<TeamBalancerSettings, 'kind' | 'where'>,
  { balancers }: Extensions,
): Added<MakeBalancer> {
  const found = balancers.get(kind)
  if (found !== undefined) return found
  throw new LockstepError('bad-config', `${where}: ${missing('balancer', kind, balancers)}`)
}

/** Says that no extension has something, and which there are. */
function missing(what: string, name: string, all: ReadonlyMap<string, unknown>): string {
  const there = [...all.keys()].join(', ') || 'none'
  return `no extension has a ${what} ${name}; there are: ${there}. Name its file in extensions at the top`
}
