import type { RepositorySettings } from '../config/pipeline_setting'
import type { CommandRunner } from '../system/command'
import { LockstepError } from '../system/errors'

/** The programs by which a mirror of Subversion is made, each with the Debian package that has it. */
const PROGRAMS = [
  { program: 'git', args: ['svn', '--version'], name: 'git svn', package: 'git-svn' },
  { program: 'svn', args: ['--version', '--quiet'], name: 'svn', package: 'subversion' },
] as const

/**
 * Proves that mirrors of Subversion repositories can be made, where there are any.
 * @throws LockstepError `bad-config`: the program that does not run, and what to install
 */
export async function proveSvn(
  repositories: readonly Pick<RepositorySettings, 'name' | 'svn'>[],
  run: CommandRunner,
): Promise<void> {
  const first = repositories.find(({ svn }) => svn !== undefined)
  if (first === undefined) return
  for (const { program, args, name, package: debian } of PROGRAMS) {
    const { exitCode } = await run(program, args, { within: 60_000 })
    if (exitCode !== 0)
      throw new LockstepError(
        'bad-config',
        `${first.name} is a Subversion repository, and ${name} does not run here; install it first, on Debian with: apt-get install ${debian}`,
      )
  }
}
