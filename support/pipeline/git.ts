import { join } from 'node:path'
import type { CommandResult, CommandRunner } from '../system/command'
import { pickReason } from '../system/reason'
import { writeWhole } from '../system/whole_file'

export interface GitLimits {
  signal: AbortSignal
  /** Milliseconds after which it is ended. */
  within?: number
  /** The one protocol that it may fetch by; without it, git reaches nothing but folders. */
  protocol?: string
  /**
   * True where neither the machine nor the user may say how files are written: no filter of theirs runs. The files get the
   * usual modes.
   */
  isPlain?: boolean
  outputAtMost?: number
  /** The number of an open file that git reads as its standard input. */
  input?: number
}

const WITHIN_MS = 600_000
/** The variable by which a git that outlived a kill of its starter is found. */
const STARTER = 'STARTED_IN_PIPELINE'

/** The ssh that asks nobody anything, and does not hang. */
export const SSH = 'ssh -o BatchMode=yes -o ConnectTimeout=30 -o ServerAliveInterval=30'

/** The environment that git inherits: how programs, keys of ssh, `.netrc` and proxies are found, and no variable of git itself. */
export const INHERITED: ReadonlySet<string> = new Set(
  ['PATH', 'HOME', 'USER', 'LOGNAME', 'TMPDIR', 'SSH_AUTH_SOCK', 'SSL_CERT_FILE', 'SSL_CERT_DIR'].concat([
    'http_proxy',
    'https_proxy',
    'HTTPS_PROXY',
    'all_proxy',
    'ALL_PROXY',
    'no_proxy',
    'NO_PROXY',
  ]),
)

/** No settings of a repository or a user can alter these. */
const SETTINGS: Readonly<Record<string, string>> = {
  'core.hooksPath': '/dev/null',
  'core.fsmonitor': 'false',
  'core.askPass': '',
  'credential.helper': '',
  'protocol.allow': 'never',
  'transfer.fsckObjects': 'true',
  'fetch.fsckObjects': 'true',
  'submodule.recurse': 'false',
  'advice.detachedHead': 'false',
  'init.defaultBranch': 'main',
  // What tidies a mirror up has ended when the fetch ends.
  'gc.autoDetach': 'false',
  // A server that hangs is left before the time limit.
  'http.lowSpeedLimit': '1000',
  'http.lowSpeedTime': '60',
}

/**
 * Runs git without prompts, hooks, helpers and protocols that the configuration does not name. It reads no settings of the
 * user: those of the machine, in `/etc/gitconfig`, count.
 */
export class Git {
  /**
   * The settings that reach the `upload-pack` of a repository on this machine too. It refuses folders of other users
   * otherwise, and a configured path is meant.
   */
  private readonly config: string
  private isWritten = false

  constructor(
    private readonly run: CommandRunner,
    private readonly folder: string,
  ) {
    this.config = join(folder, 'git.config')
  }

  /** The variable that all that git starts here carries. */
  get mark(): string {
    return `${STARTER}=${this.folder}`
  }

  /** The variable with its value, for what else is started beside git and ends with it. */
  get marked(): Readonly<Record<string, string>> {
    return { [STARTER]: this.folder }
  }

  ask(
    args: readonly string[],
    { signal, within = WITHIN_MS, protocol, isPlain, outputAtMost, input }: GitLimits,
  ): Promise<CommandResult> {
    if (!this.isWritten) writeWhole(this.config, '[safe]\n\tdirectory = *\n')
    this.isWritten = true
    const allowed = { ...SETTINGS, [`protocol.${protocol ?? 'file'}.allow`]: 'always' }
    const settings = Object.entries(allowed).flatMap(([key, value]) => ['-c', `${key}=${value}`])
    return this.run('git', [...settings, ...args], {
      signal,
      within,
      inherits: (name) => INHERITED.has(name),
      env: {
        [STARTER]: this.folder,
        GIT_TERMINAL_PROMPT: '0',
        GIT_CONFIG_GLOBAL: this.config,
        GIT_CONFIG_NOSYSTEM: isPlain === true ? '1' : undefined,
        GIT_SSH_COMMAND: SSH,
        SVN_SSH: SSH,
        // git svn opens no folder whose name has other letters than those of ASCII without it.
        LC_ALL: 'C.UTF-8',
        GIT_OPTIONAL_LOCKS: '0',
        // A build may have written the settings of the clone that is looked at: git fetches nothing of its own accord.
        GIT_NO_LAZY_FETCH: '1',
      },
      ...(outputAtMost === undefined ? {} : { outputAtMost }),
      ...(input === undefined ? {} : { input }),
      umask: isPlain === true ? 0o022 : 0o077,
    })
  }
}

/** Returns why git failed, in one line; undefined when it did not. */
export function faultOf({ exitCode, output, failure }: CommandResult): string | undefined {
  if (exitCode === 0) return undefined
  if (failure !== undefined) return failure.replace(/^it /, 'git ')
  return pickReason(output) || `git exited with ${exitCode}`
}
