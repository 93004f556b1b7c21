import type { CommandLimits, CommandRunner } from '../../../system/command'
import { redactor } from '../../../system/redaction'
import { quoteWord } from '../../../system/commands'
import { secretsIn } from '../../../system/url_secret'
import { complaint, toItsEnd } from '../programs'

/**
 * Settings that no configuration of the user can change. By them git runs no hooks, no helpers of a transport that are
 * programs, and no monitors of files. It takes nothing for unchanged that it has not read.
 */
const CAREFUL = [
  'protocol.ext.allow=never',
  'core.hooksPath=/dev/null',
  'core.fsmonitor=false',
  'core.untrackedCache=false',
  'core.excludesFile=/dev/null',
  'core.attributesFile=/dev/null',
  'core.autocrlf=false',
  'core.fileMode=true',
  'core.symlinks=true',
  'core.sparseCheckout=false',
  'core.quotePath=false',
  'gc.autoDetach=false',
].flatMap((setting) => ['-c', setting])

/** Milliseconds that a git which only looks may take. */
const LOOK_WITHIN = 60_000
/** Bytes of a list of tags or files at most. */
const MAX_LIST_BYTES = 32 * 1024 * 1024

/** Runs git on one repository, as the user of its files. */
export interface GitProgram {
  /**
   * Returns what git printed.
   * @throws Error with git's own words
   */
  git(args: readonly string[], limits: GitLimits): Promise<string>
  /**
   * Runs a script of POSIX sh, which has a function `git` for git on this repository. `args` are its own arguments.
   * Returns what it printed.
   * @throws Error with git's own words
   */
  script(text: string, args: readonly string[], limits: GitLimits): Promise<string>
}

export interface GitLimits extends Pick<CommandLimits, 'signal' | 'within' | 'cwd'> {
  /** The folder of the files, and the index to compare them with. */
  tree?: { files: string; index: string }
  outlives?: boolean
}

export function gitProgram(run: CommandRunner, repository: string, url: string): GitProgram {
  const program = toItsEnd(run)
  const redact = redactor(secretsIn(url))
  const optionsOf = ({ tree }: GitLimits): readonly string[] => [
    ...CAREFUL,
    // The folder may belong to another user than the one who runs git: the host's owner has configured both.
    '-c',
    `safe.directory=${repository}`,
    `--git-dir=${repository}`,
    ...(tree === undefined ? [] : [`--work-tree=${tree.files}`]),
  ]
  const printedBy = async (
    runs: string,
    args: readonly string[],
    { tree, within = LOOK_WITHIN, ...limits }: GitLimits,
  ) => {
    const { exitCode, stdout, output } = await program(runs, args, {
      ...limits,
      within,
      outputAtMost: MAX_LIST_BYTES,
      env: {
        GIT_TERMINAL_PROMPT: '0',
        GIT_OPTIONAL_LOCKS: '0',
        GIT_NO_REPLACE_OBJECTS: '1',
        ...(tree === undefined ? {} : { GIT_INDEX_FILE: tree.index }),
      },
    })
    if (exitCode !== 0) throw complaint('git', { exitCode, output: redact(output) }, /^(fatal|error): /)
    return stdout
  }
  return {
    git: (args, limits) => printedBy('git', [...optionsOf(limits), ...args], limits),
    script(text, args, limits) {
      const git = `git() { command git ${optionsOf(limits).map(quoteWord).join(' ')} "$@"; }`
      return printedBy('sh', ['-c', `${git}\n${text}`, 'sh', ...args], limits)
    },
  }
}
