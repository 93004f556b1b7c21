import { MODES, PROFILES, type ProfileName } from './modes'
import type { RunParameters } from './parameters'

/** The parameters that a profile gives its runs. */
export interface ProfileParameters {
  /** True when features are only read, and none of their lines is carried out. */
  onlyReads: boolean
  /** The parameters for hooks. */
  worldParameters: RunParameters
  /** The parameters for the plugin, which exists before the world; undefined for a profile that stands beside another. */
  pluginOptions: { lockstep: RunParameters & { lint?: boolean } } | undefined
}

/** Returns what a profile says of its runs. `fleet` is the path of the embedded fleet's description. */
export function parametersOf(name: ProfileName, fleet: string | undefined): ProfileParameters {
  const { mode, lints } = PROFILES[name]
  if (mode === undefined)
    return { onlyReads: false, worldParameters: { idempotence: true }, pluginOptions: undefined }
  const { target, parameters } = MODES[mode]
  const own = target === 'embedded' && fleet !== undefined ? { ...parameters, fleet } : parameters
  return {
    onlyReads: target === 'none',
    worldParameters: own,
    pluginOptions: { lockstep: lints ? { ...own, lint: true } : own },
  }
}
