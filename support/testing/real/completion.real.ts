import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { expect } from 'chai'
import { lockstep } from '../cucumber_process'
import { Scratch } from '../scratch'
import { SHELLS, ShellInTerminal } from './shell_in_terminal'

/** The text that a person types in front of a tab, and the words that the command then gets. */
const COMPLETED: readonly (readonly [typed: string, words: readonly string[]])[] = [
  ['lockstep statu', ['status']],
  ['lockstep help put-b', ['help', 'put-back']],
  ['lockstep run --idem', ['run', '--idempotence']],
  ['lockstep run --environment pro', ['run', '--environment', 'production-eu']],
  ['lockstep run --environment=pro', ['run', '--environment=production-eu']],
  ['lockstep run --safe-mode of', ['run', '--safe-mode', 'off']],
  ['lockstep report 2026', ['report', '20260101T000000-1a2b3c']],
  ['lockstep put-back --run 2026', ['put-back', '--run', '20260101T000000-1a2b3c']],
  ['lockstep run web', ['run', 'website.feature']],
  ['lockstep run my', ['run', 'my rollout.feature']],
  ['lockstep run features/de', ['run', 'features/deep']],
  ['lockstep run --state st', ['run', '--state', 'state']],
  ['lockstep agent --config ser', ['agent', '--config', 'server.cfg']],
  ['lockstep completion fi', ['completion', 'fish']],
]

for (const [name, shell] of Object.entries(SHELLS))
  describe(`${name} itself`, () => {
    const home = new Scratch()
    let terminal: ShellInTerminal
    before(async () => {
      writeProject(home)
      const { stdout } = await lockstep(['completion', name], home.path)
      home.write(shell.completion, `${stdout}\n`)
      terminal = await ShellInTerminal.open(shell, home)
    })
    after(async () => {
      await terminal.close()
      home.remove()
    })

    for (const [typed, words] of COMPLETED)
      it(`completes ${JSON.stringify(typed)} to ${words.join(' ')}`, async () => {
        // Some shells keep the slash behind a folder.
        const found = await terminal.complete(typed)
        expect(found.map((word) => word.replace(/\/$/, ''))).to.deep.equal(words)
      }).timeout(300_000)

    it('carries out nothing that stands in the name of a file', () => {
      expect(existsSync(join(home.path, 'carried-out'))).to.equal(false)
    })
  })

/** Writes what there is to be completed: features, environments and runs, and beside each what is none. */
function writeProject(home: Scratch): void {
  home.write('website.feature', '')
  home.write('website.txt', '')
  home.write('my rollout.feature', '')
  home.write('features/deep/one.feature', '')
  home.write('state/kept', '')
  home.write('server.cfg', '')
  home.write(
    'lockstep.yaml',
    `default: test
# production-commented: {}
environments:
  test: { client_config: client.cfg }
  production-eu:
    client_config: client.cfg
    production-variable: 1
variables: { production: none }
`,
  )
  home.write('.lockstep/live/20260101T000000-1a2b3c.journal.ndjson', '')
  home.write('.lockstep/live/20260101T000000-1a2b3c.log', '')
  home.write('.lockstep/live/2026$(touch carried-out).journal.ndjson', '')
}
