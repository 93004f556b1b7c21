import { spawnSync } from 'node:child_process'

/**
 * Skips a suite that compares with real Ruby where there is none: a mocha hook. `.ci/run` sets LOCKSTEP_CI, and then
 * nothing is skipped.
 */
export function skipWithoutRuby(this: Mocha.Context): void {
  if (spawnSync('ruby', ['-e', '']).status === 0) return
  if (process.env['LOCKSTEP_CI'] !== undefined) throw new Error('ruby is not installed, and CI skips nothing')
  const suite = this.test?.parent
  if (suite !== undefined) suite.title += ' (skipped: ruby is not installed)'
  this.skip()
}
