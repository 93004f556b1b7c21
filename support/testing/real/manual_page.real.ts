import { execFileSync, spawnSync } from 'node:child_process'
import { expect } from 'chai'
import { COMMANDS } from '../../bin/commands'
import { formatManPage } from '../../bin/man_page'
import { Scratch } from '../scratch'

describe('man itself', () => {
  const scratch = new Scratch()
  const page = scratch.write('lockstep.1', formatManPage(COMMANDS, '1.2.3'))
  const env = { ...process.env, LC_ALL: 'C.UTF-8', MANWIDTH: '80', MANPAGER: 'cat', GROFF_NO_SGR: '1' }
  after(() => scratch.remove())

  it('reads the manual page without a warning', () => {
    const { status, stderr } = spawnSync('man', ['--warnings', '-l', page], { env })
    expect(stderr.toString()).to.equal('')
    expect(status).to.equal(0)
  }).timeout(300_000)

  it('shows every command with its flags, as they are typed', () => {
    const shown = withoutOverstrikes(execFileSync('man', ['-l', page], { env }).toString())
    for (const [name, { options }] of Object.entries(COMMANDS)) {
      expect(shown).to.match(new RegExp(`^ +${name}(?: |$)`, 'm'))
      for (const flag of Object.keys(options)) expect(shown).to.contain(`--${flag}`)
    }
    expect(shown).to.contain('lockstep put-back --host web1.example.net --host web2.example.net')
  }).timeout(300_000)

  it('is found by what lockstep is for', () => {
    expect(execFileSync('lexgrog', [page], { env }).toString()).to.contain(
      'lockstep - deploys as Cucumber features',
    )
  })
})

/** Returns a text without what a printer would strike over: each character before a backspace. */
function withoutOverstrikes(text: string): string {
  return text
    .split('\b')
    .map((piece, index, all) => (index < all.length - 1 ? piece.slice(0, -1) : piece))
    .join('')
}
