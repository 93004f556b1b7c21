import type { WaveSize } from '../rollout/model/wave_plan'

/** The effect of a step on hosts, or what it looks at, with the values of its line. */
export type StepEffect =
  | { kind: 'selects hosts'; fixed: boolean; single: boolean }
  | { kind: 'leaves strangers alone' }
  | { kind: 'discovers hosts' }
  | { kind: 'counts hosts'; exactly: number | undefined }
  | { kind: 'orders hosts' }
  | { kind: 'names release' }
  | { kind: 'activates release' }
  | { kind: 'expects release elsewhere' }
  /** `backend` is the pool, for a balancer that has one; `kind` is haproxy, or that of a team's own. */
  | { kind: 'names balancer'; name: string; firewall: boolean; backend?: { kind: string; name: string } }
  | { kind: 'keeps pool'; all: boolean }
  | { kind: 'lets pool go' }
  | { kind: 'takes wave'; size: WaveSize; written: string }
  | { kind: 'pauses between waves' }
  | { kind: 'allows failures' }
  | { kind: 'restores after failure'; versions: boolean }
  | { kind: 'waits for approval' }
  | { kind: 'waits for rollouts' }
  | { kind: 'waits for time of day' }
  | { kind: 'forbids older versions' }
  | { kind: 'limits time' }
  | { kind: 'takes out'; drains: boolean }
  | { kind: 'puts back' }
  | { kind: 'sees traffic'; wanted: 'blocked' | 'unblocked' }
  | { kind: 'sees pool' }
  | { kind: 'sees requests' }
  | { kind: 'changes package'; name: string; version: string | undefined }
  | { kind: 'refreshes lists' }
  | { kind: 'sees offer'; name: string; version: string }
  | { kind: 'sees version'; name: string; version: string }
  | { kind: 'sees package'; name: string; wanted: 'installed' | 'absent' }
  | { kind: 'names repository'; name: string }
  | { kind: 'names tag'; tag: string }
  | { kind: 'sees tag' }
  | { kind: 'expects tests' }
  | { kind: 'fetches tags' }
  | { kind: 'deploys tag' }
  | { kind: 'sees deployed tag'; tag: string }
  | { kind: 'sees working tree' }
  | { kind: 'changes access'; user: string; site: string; to: 'let in' | 'shut out' }
  | { kind: 'sees access'; user: string; site: string; to: 'let in' | 'shut out' }
  | { kind: 'changes service'; name: string; to: 'running' | 'stopped' }
  | { kind: 'sees service'; name: string; wanted: 'running' | 'stopped' }
  | { kind: 'sees check' }
  | { kind: 'begins downtime' }
  | { kind: 'ends downtime' }
  | { kind: 'sees downtime'; wanted: 'begun' | 'ended' }
  | { kind: 'sees metric' }
  | { kind: 'sees url' }
  | { kind: 'disables puppet' }
  | { kind: 'enables puppet' }
  | { kind: 'sees puppet'; wanted: 'disabled' | 'enabled' }
  | { kind: 'sees served code' }
  | { kind: 'runs puppet' }
  | { kind: 'runs puppet in noop' }
  | { kind: 'sees puppet failures' }
  | { kind: 'sees puppet changes' }
  | { kind: 'sees puppet run again' }
  | { kind: 'sees puppet release' }
  | { kind: 'sees puppet remains' }
  | { kind: 'sees puppet modules' }
  | { kind: 'runs action'; agent: string }
  | { kind: 'sees action'; agent: string }
  | { kind: 'sees answers' }
  | { kind: 'lists faults' }
  /** A step of a team's own. It may do anything that its keyword allows, and is given the benefit of the doubt. */
  | { kind: 'unknown'; acts: boolean; looks: boolean }

export type EffectKind = StepEffect['kind']
/** The effects that a sentence of Lockstep's can have. */
export type KnownKind = Exclude<EffectKind, 'unknown'>

/** The groups of effects, as people see them, each with its meaning. */
export const GROUPS = {
  selects: 'says which hosts a feature is for',
  sets: 'says how a rollout goes',
  gates: 'lets a rollout go on, or keeps it from it',
  'takes a wave': 'takes the hosts that the lines after it are for',
  reads: 'looks, and changes nothing',
  changes: 'changes hosts',
  'takes out': 'takes hosts out of rotation',
  'puts back': 'puts hosts back into rotation',
  mutes: 'keeps monitoring from alerting about hosts',
  unmutes: 'lets monitoring alert about hosts again',
  disables: 'keeps puppet from changing hosts',
  enables: 'lets puppet change hosts again',
  rehearses: 'is read by rehearsals alone',
} as const

export type EffectGroup = keyof typeof GROUPS

interface EffectTraits {
  group: EffectGroup
  /** The agent that hosts need for it. `balancer` where it is one of them only if hosts block traffic themselves. */
  needs?: 'package' | 'git' | 'access' | 'service' | 'nrpe' | 'puppet' | 'puppetserver' | 'balancer'
}

/** The traits of each effect, for any values of its line. */
export const EFFECTS: Readonly<Record<KnownKind, EffectTraits>> = {
  'selects hosts': { group: 'selects' },
  'leaves strangers alone': { group: 'sets' },
  'discovers hosts': { group: 'reads' },
  'counts hosts': { group: 'reads' },
  'orders hosts': { group: 'sets' },
  'names release': { group: 'sets' },
  'activates release': { group: 'sets' },
  'expects release elsewhere': { group: 'gates' },
  'names balancer': { group: 'sets' },
  'keeps pool': { group: 'sets' },
  'lets pool go': { group: 'sets' },
  'takes wave': { group: 'takes a wave' },
  'pauses between waves': { group: 'sets' },
  'allows failures': { group: 'sets' },
  'restores after failure': { group: 'sets' },
  'waits for approval': { group: 'gates' },
  'waits for rollouts': { group: 'gates' },
  'waits for time of day': { group: 'gates' },
  'forbids older versions': { group: 'sets' },
  'limits time': { group: 'sets' },
  'takes out': { group: 'takes out', needs: 'balancer' },
  'puts back': { group: 'puts back', needs: 'balancer' },
  'sees traffic': { group: 'reads', needs: 'balancer' },
  'sees pool': { group: 'reads' },
  'sees requests': { group: 'reads' },
  'changes package': { group: 'changes', needs: 'package' },
  'refreshes lists': { group: 'changes', needs: 'package' },
  'sees offer': { group: 'reads', needs: 'package' },
  'sees version': { group: 'reads', needs: 'package' },
  'sees package': { group: 'reads', needs: 'package' },
  'names repository': { group: 'sets' },
  'names tag': { group: 'sets' },
  'sees tag': { group: 'reads', needs: 'git' },
  'expects tests': { group: 'reads', needs: 'git' },
  'fetches tags': { group: 'changes', needs: 'git' },
  'deploys tag': { group: 'changes', needs: 'git' },
  'sees deployed tag': { group: 'reads', needs: 'git' },
  'sees working tree': { group: 'reads', needs: 'git' },
  'changes access': { group: 'changes', needs: 'access' },
  'sees access': { group: 'reads', needs: 'access' },
  'changes service': { group: 'changes', needs: 'service' },
  'sees service': { group: 'reads', needs: 'service' },
  'sees check': { group: 'reads', needs: 'nrpe' },
  'begins downtime': { group: 'mutes' },
  'ends downtime': { group: 'unmutes' },
  'sees downtime': { group: 'reads' },
  'sees metric': { group: 'reads' },
  'sees url': { group: 'reads' },
  'disables puppet': { group: 'disables', needs: 'puppet' },
  'enables puppet': { group: 'enables', needs: 'puppet' },
  'sees puppet': { group: 'reads', needs: 'puppet' },
  'sees served code': { group: 'reads', needs: 'puppetserver' },
  'runs puppet': { group: 'changes', needs: 'puppet' },
  'runs puppet in noop': { group: 'changes', needs: 'puppet' },
  'sees puppet failures': { group: 'reads', needs: 'puppet' },
  'sees puppet changes': { group: 'reads', needs: 'puppet' },
  'sees puppet run again': { group: 'reads', needs: 'puppet' },
  'sees puppet release': { group: 'reads', needs: 'puppet' },
  'sees puppet remains': { group: 'reads', needs: 'puppet' },
  'sees puppet modules': { group: 'reads', needs: 'puppet' },
  'runs action': { group: 'changes' },
  'sees action': { group: 'reads' },
  'sees answers': { group: 'reads' },
  'lists faults': { group: 'rehearses' },
}
