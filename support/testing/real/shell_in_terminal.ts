import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import type { Scratch } from '../scratch'

const PROMPT = 'type here> '
const TAB = '\t'

/** An interactive shell, and the words by which a person prepares it. */
export interface Shell {
  program: string
  args: readonly string[]
  /** The file that it reads when it starts, below the home of a person. */
  startup: { path: string; text: string }
  /** The file that completes lockstep, below the home of a person, as the help proposes it. */
  completion: string
}

/** Says its arguments, each in brackets, in place of the program. */
const POSIX_ECHO = `lockstep() { printf '<<'; printf '[%s]' "$@"; printf '>>\\n'; }\n`

export const SHELLS = {
  bash: {
    program: 'bash',
    args: ['--noprofile', '--rcfile', '.bashrc', '-i'],
    startup: {
      path: '.bashrc',
      text: `. /usr/share/bash-completion/bash_completion\nPS1='${PROMPT}'\n${POSIX_ECHO}`,
    },
    completion: '.local/share/bash-completion/completions/lockstep',
  },
  zsh: {
    program: 'zsh',
    args: ['-d', '-i'],
    startup: {
      path: '.zshrc',
      text: `fpath=(~/.zsh $fpath)\nautoload -Uz compinit && compinit -u -D\nunsetopt beep\nPS1='${PROMPT}'\n${POSIX_ECHO}`,
    },
    completion: '.zsh/_lockstep',
  },
  fish: {
    program: 'fish',
    args: ['-i'],
    startup: {
      path: '.config/fish/config.fish',
      text: `function fish_prompt; echo -n '${PROMPT}'; end
function lockstep; printf '<<'; printf '[%s]' $argv; printf '>>\\n'; end
set -g fish_greeting
`,
    },
    completion: '.config/fish/completions/lockstep.fish',
  },
} as const satisfies Readonly<Record<string, Shell>>

/** A shell in a terminal of its own, with a folder for its home, that a person types into. */
export class ShellInTerminal {
  private said = ''
  private wake = () => {}

  private constructor(private readonly process: ChildProcess) {
    process.stdout?.on('data', (chunk: Buffer) => {
      this.said += chunk.toString()
      this.wake()
    })
    process.once('exit', () => this.wake())
  }

  static async open({ program, args, startup }: Shell, home: Scratch): Promise<ShellInTerminal> {
    home.write(startup.path, startup.text)
    const env = {
      PATH: process.env['PATH'],
      HOME: home.path,
      ZDOTDIR: home.path,
      TERM: 'xterm',
      LANG: 'C.UTF-8',
    }
    const call = [program, ...args].join(' ')
    const child = spawn('script', ['-qfec', call, '/dev/null'], { cwd: home.path, env })
    const shell = new ShellInTerminal(child)
    await shell.until(PROMPT)
    return shell
  }

  /** Types a line, a tab and Enter. Returns the arguments that the line then has. */
  async complete(line: string): Promise<string[]> {
    this.said = ''
    this.process.stdin?.write(`${line}${TAB}`)
    this.process.stdin?.write('\r')
    const [, words = ''] = await this.until(/<<((?:\[[^\]]*\])*)>>/)
    await this.until(new RegExp(`>>[^]*${PROMPT}`))
    return [...words.matchAll(/\[([^\]]*)\]/g)].map(([, word = '']) => word)
  }

  async close(): Promise<void> {
    const gone = once(this.process, 'exit')
    this.process.stdin?.write('exit\r')
    await gone
  }

  private async until(wanted: RegExp | string): Promise<readonly string[]> {
    for (;;) {
      const found = this.said.match(wanted)
      if (found !== null) return found
      if (this.process.exitCode !== null) throw new Error(`the shell has ended:\n${this.said}`)
      await new Promise<void>((resolve) => (this.wake = resolve))
    }
  }
}
