import type { KnowingCall, Outcome } from './command'
import { completionOfBash } from './completion/bash'
import { completionOfFish } from './completion/fish'
import { completionOfZsh } from './completion/zsh'

const SHELLS = { bash: completionOfBash, zsh: completionOfZsh, fish: completionOfFish }

/** Prints the script by which a shell completes the command. */
export function completion({
  args: [shell = ''],
  commands,
}: Pick<KnowingCall, 'args' | 'commands'>): Outcome {
  const script = SHELLS[shell as keyof typeof SHELLS]
  return { text: script(commands), exitCode: 0 }
}
