import type { PuppetCode } from '../../puppet_code'

/**
 * Returns the puppet code of a host on which no daemon runs: none can be applied there. Its digest is of files that are
 * read and copied in one go, by a daemon of the host itself.
 */
export function codeElsewhere(): PuppetCode {
  const refuse = async () => {
    throw new Error(
      'Puppet code of applications is looked at and applied by a daemon of the host alone: run lockstep agent there',
    )
  }
  return { look: refuse, apply: refuse, report: () => undefined, isGoing: () => undefined }
}
