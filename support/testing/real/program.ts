import { join } from 'node:path'
import { compiledCopy } from '../compiled_copy'

/** The program as a package has it: from the sources, each of some thousand processes would transpile them anew. */
export const LOCKSTEP = join(compiledCopy(), 'support', 'bin', 'lockstep.cjs')
