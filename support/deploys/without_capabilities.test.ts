import { execFileSync } from 'node:child_process'
import { expect } from 'chai'
import { withoutCapabilities } from './without_capabilities'

describe('the rights of a rollout', () => {
  const LOOK = ['sed', '-n', 's/^Cap\\(Prm\\|Eff\\|Amb\\):[[:space:]]*//p', '/proc/self/status']

  it('are those of its user, and not those by which lockstep serve becomes the user of builds', function () {
    if (process.getuid?.() !== 0) this.skip()
    const rights = '+setuid,+setgid,+kill'
    const user = ['--reuid=65534', '--regid=65534', '--clear-groups']
    const caps = [`--inh-caps=-all,${rights}`, `--ambient-caps=-all,${rights}`]
    const look = (words: readonly string[]) =>
      execFileSync('setpriv', [...user, ...caps, '--no-new-privs', '--', ...words], { encoding: 'utf8' })
    expect(look(LOOK)).to.equal('00000000000000e0\n'.repeat(3))
    expect(look(withoutCapabilities(LOOK, 'CapAmb:\t00000000000000e0\n'))).to.equal(
      '0000000000000000\n'.repeat(3),
    )
  })

  it('are as they are where there are no others', () => {
    for (const status of ['CapAmb:\t0000000000000000\n', ''])
      expect(withoutCapabilities(LOOK, status)).to.deep.equal(LOOK)
  })
})
