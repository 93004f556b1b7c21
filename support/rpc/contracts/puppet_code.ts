import { flag, mutating, optional, readOnly, type ActionContract } from './contract'
import { applicationName, codeDigest } from './rules'

/** The actions of the puppet agent for code that is packed with applications, which needs no master. */
export const puppetCode = {
  code: readOnly('Tells the puppet code of an application, which is packed with it, and its modules', {
    inputs: { code: optional(applicationName) },
    outputs: {
      code: 'The name of the code',
      digest: 'The SHA-256 of its files: their paths, modes and contents',
      puppetfile: 'whole, none or unreadable',
    },
    also: {
      folder: 'Where the code is',
      files: 'How many files it has',
      modules: 'The modules in its folder of modules, with their versions and commits',
      declared: 'The modules of its Puppetfile',
      problem: 'What is wrong with the Puppetfile',
    },
  }),
  apply: mutating('Starts a run of puppet that applies this code; it goes on when this is answered', {
    inputs: { code: applicationName, digest: codeDigest, noop: flag },
    also: { summary: 'What was started', run: 'The name of the run' },
  }),
} as const satisfies Record<string, ActionContract>
