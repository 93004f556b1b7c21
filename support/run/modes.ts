/** The mode in which a run begins, or into which it changes: a live run in safe mode is `noop`. */
export type Mode = 'embedded' | 'live' | 'noop' | 'plan' | 'drift' | 'rehearse' | 'lint'

/** The traits of a mode. */
export interface ModeTraits {
  /** The hosts that a run speaks to: simulated ones of its own process, those of an environment, or none. */
  target: 'embedded' | 'live' | 'none'
  /** True when lines change those hosts. */
  changes: boolean
  /** The way in which lines that change hosts are planned, where they are not carried out. */
  plans: 'none' | 'lookingOnly' | 'safely'
  /** The purpose of the run, as it decides what is made of it when it is over. */
  purpose: 'rollout' | 'plan' | 'rehearsal' | 'drift' | 'findings'
  /**
   * True for a rollout to the hosts of an environment, now or once safe mode is left: it takes locks, keeps to a plan,
   * and is kept in the history.
   */
  rollsOut: boolean
  /** True when the run tells the world of itself, where somebody wants that. */
  notifies: boolean
  /** True when the run notes which hosts and scenarios it may have missed. */
  notesGaps: boolean
  /** True when a run names its feature: none is taken because it lies there. */
  needsFeature: boolean
  /** The environments whose variables features are filled with. */
  variables: 'none' | 'one environment' | 'any environment'
  /** The name of the mode in reports. */
  label: string
  /** The sentence by which every report keeps such a run from being taken for a live rollout. */
  caveat: string | undefined
  /** The folder of its journals, within that of all state. */
  journals: Mode
  /** The profile that begins such a run. */
  profile: ProfileName
  /** The parameters by which that profile says so. */
  parameters: ModeParameters
}

/** Every mode with all that depends on it. */
export const MODES: Readonly<Record<Mode, ModeTraits>> = {
  embedded: {
    target: 'embedded',
    changes: true,
    plans: 'none',
    purpose: 'rollout',
    rollsOut: false,
    notifies: false,
    notesGaps: false,
    needsFeature: false,
    variables: 'none',
    label: 'embedded fleet',
    caveat: 'Simulated hosts: no real host was spoken to.',
    journals: 'embedded',
    profile: 'default',
    parameters: { mode: 'embedded' },
  },
  live: {
    target: 'live',
    changes: true,
    plans: 'none',
    purpose: 'rollout',
    rollsOut: true,
    notifies: true,
    notesGaps: true,
    needsFeature: true,
    variables: 'one environment',
    label: 'live',
    caveat: undefined,
    journals: 'live',
    profile: 'live',
    parameters: { mode: 'live' },
  },
  noop: {
    target: 'live',
    changes: false,
    plans: 'safely',
    purpose: 'rollout',
    rollsOut: true,
    notifies: true,
    notesGaps: true,
    needsFeature: true,
    variables: 'one environment',
    label: 'safe mode',
    caveat: 'Safe mode: nothing was changed on any host.',
    journals: 'live',
    profile: 'live',
    parameters: { mode: 'live' },
  },
  plan: {
    target: 'live',
    changes: false,
    plans: 'lookingOnly',
    purpose: 'plan',
    rollsOut: false,
    notifies: false,
    notesGaps: true,
    needsFeature: true,
    variables: 'one environment',
    label: 'plan',
    caveat: 'A plan: nothing was changed on any host.',
    journals: 'plan',
    profile: 'plan',
    parameters: { mode: 'live', intent: 'plan' },
  },
  drift: {
    target: 'live',
    changes: false,
    plans: 'lookingOnly',
    purpose: 'drift',
    rollsOut: false,
    notifies: true,
    notesGaps: false,
    needsFeature: true,
    variables: 'one environment',
    label: 'drift',
    caveat: 'A look for drift: nothing was changed on any host.',
    journals: 'drift',
    profile: 'drift',
    parameters: { mode: 'live', intent: 'drift' },
  },
  rehearse: {
    target: 'embedded',
    changes: true,
    plans: 'none',
    purpose: 'rehearsal',
    rollsOut: false,
    notifies: false,
    notesGaps: false,
    needsFeature: false,
    variables: 'one environment',
    label: 'rehearsal',
    caveat: 'Nothing is real in a rehearsal: no host was spoken to.',
    journals: 'rehearse',
    profile: 'rehearse',
    parameters: { mode: 'embedded', intent: 'rehearse' },
  },
  lint: {
    target: 'none',
    changes: false,
    plans: 'none',
    purpose: 'findings',
    rollsOut: false,
    notifies: false,
    notesGaps: false,
    needsFeature: false,
    variables: 'any environment',
    label: 'lint',
    caveat: 'Only read: nothing was sent to any host.',
    journals: 'lint',
    profile: 'lint',
    parameters: { mode: 'lint' },
  },
}

export type ProfileName = 'default' | 'live' | 'plan' | 'idempotence' | 'rehearse' | 'drift' | 'lint' | 'ci'

export interface Profile {
  /** The mode of its runs; undefined for a profile that stands beside another one. */
  mode: Mode | undefined
  /** True when features are linted first, and dangerous ones refused. */
  lints: boolean
  /** Other words that people have for it; a profile of such a name is refused with this one. */
  alsoCalled: readonly string[]
}

/** The profiles of a cucumber.js that are Lockstep's. */
export const PROFILES: Readonly<Record<ProfileName, Profile>> = {
  default: { mode: 'embedded', lints: false, alsoCalled: ['embedded'] },
  live: { mode: 'live', lints: false, alsoCalled: ['run', 'rollout', 'deploy'] },
  plan: { mode: 'plan', lints: false, alsoCalled: ['dry-run', 'noop'] },
  idempotence: { mode: undefined, lints: false, alsoCalled: ['twice', 'idempotent', 'again'] },
  rehearse: { mode: 'rehearse', lints: false, alsoCalled: ['rehearsal', 'simulate'] },
  drift: { mode: 'drift', lints: false, alsoCalled: [] },
  lint: { mode: 'lint', lints: true, alsoCalled: ['read', 'check'] },
  ci: { mode: 'rehearse', lints: true, alsoCalled: ['test'] },
}

export const PROFILE_NAMES = Object.keys(PROFILES) as ProfileName[]

/** Returns whether a word is the name of a profile that is Lockstep's. */
export function isProfileName(name: string): name is ProfileName {
  return Object.hasOwn(PROFILES, name)
}

/** The world parameters that say which mode a run has. */
export interface ModeParameters {
  /** The fleet that it goes to, or `lint` where features are only read; embedded where it is left out. */
  mode?: 'embedded' | 'live' | 'lint'
  /** The purpose of the run there; a rollout where it is left out. */
  intent?: Intent
}

export type Intent = 'plan' | 'drift' | 'rehearse'

/** The modes that are asked for as an intent. */
export const INTENTS: readonly Intent[] = ['plan', 'drift', 'rehearse']

/** Returns the mode of a run that has these parameters, in safe mode or not. */
export function modeOf({ mode = 'embedded', intent }: ModeParameters, isSafe = false): Mode {
  return intent ?? (isSafe && MODES[mode].rollsOut ? 'noop' : mode)
}

/**
 * Returns the traits of a run that has these parameters. Words that mean nothing are refused before anything is done;
 * until then they count as a run that is live.
 */
export function traitsOf(parameters: ModeParameters): ModeTraits {
  return (MODES as Readonly<Partial<Record<string, ModeTraits>>>)[modeOf(parameters)] ?? MODES.live
}

/** Returns whether a run changes hosts of an environment: the fleet, and nothing simulated. */
export function changesFleet(mode: Mode): boolean {
  const { target, changes } = MODES[mode]
  return target === 'live' && changes
}

/** Returns whether a mode, as a journal has it, is safe mode: nothing was changed until a release was activated. */
export function isSafeMode(mode: string): boolean {
  return isMode(mode) && MODES[mode].plans === 'safely'
}

/** Returns whether a word names hosts that a run can go to. */
export function isTarget(word: string): boolean {
  return Object.values(MODES).some(({ target }) => target === word && target !== 'none')
}

export function isMode(name: string): name is Mode {
  return Object.hasOwn(MODES, name)
}
