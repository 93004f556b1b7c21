import type { Check } from '../check'
import { agents } from './agents'
import { balancers } from './balancers'
import { broker } from './broker'
import { clocks } from './clocks'
import { configuration } from './configuration'
import { disk } from './disk'
import { extensions } from './extensions'
import { history } from './history'
import { hosts } from './hosts'
import { locks } from './locks'
import { programs } from './programs'
import { rotation } from './rotation'
import { secret } from './secret'

/** All checks, in the order in which a person mends what they find. */
export const CHECKS: readonly Check[] = [
  configuration,
  extensions,
  programs,
  broker,
  secret,
  clocks,
  hosts,
  agents,
  balancers,
  locks,
  rotation,
  disk,
  history,
]
