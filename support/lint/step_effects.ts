import type { WaveSize } from '../rollout/model/wave_plan'

/** The effect of a step on hosts, or the look that it takes: all that rules know of it. */
export type StepEffect =
  | { kind: 'selects hosts'; fixed: boolean; single: boolean }
  | { kind: 'discovers hosts' }
  | { kind: 'counts hosts'; exactly: number | undefined }
  | { kind: 'names balancer'; name: string; firewall: boolean }
  | { kind: 'keeps pool'; all: boolean }
  | { kind: 'lets pool go' }
  | { kind: 'takes wave'; size: WaveSize; written: string }
  | { kind: 'takes out'; drains: boolean }
  | { kind: 'puts back' }
  | { kind: 'sees traffic'; wanted: 'blocked' | 'unblocked' }
  | { kind: 'sees requests' }
  | { kind: 'changes package'; name: string; version: string | undefined }
  | { kind: 'sees version'; name: string; version: string }
  | { kind: 'sees package'; name: string; wanted: 'installed' | 'absent' }
  | { kind: 'changes service'; name: string; to: 'running' | 'stopped' }
  | { kind: 'sees service'; name: string; wanted: 'running' | 'stopped' }
  | { kind: 'sees check' }
  | { kind: 'disables puppet' }
  | { kind: 'enables puppet' }
  | { kind: 'sees puppet'; wanted: 'disabled' | 'enabled' }
  | { kind: 'waits for approval' }
  | { kind: 'nothing' }
  /**
   * A step of a team's own, or an action of any agent: its effect is given the benefit of the doubt. `agent` is the one
   * that it names.
   */
  | { kind: 'anything'; acts: boolean; looks: boolean; agent?: string }
