import {
  chmodSync,
  chownSync,
  linkSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { dirname, join } from 'node:path'
import { expect } from 'chai'
import { callOf } from '../../../testing/call'
import { reasonOf } from '../../../testing/failure'
import { Scratch } from '../../../testing/scratch'
import { shellFiles } from '../../../testing/shell_files'
import { runCommand } from '../../../system/command'
import { digestOf } from '../../../system/password_hash'
import { accessAgent } from '../../access'
import { localGuardedFiles } from './guarded_files_local'
import { shellGuardedFiles } from './guarded_files_shell'
import { hostSites } from './sites'

const MEMBERS = [
  ['on this host', localGuardedFiles],
  ['by a shell', shellGuardedFiles(runCommand, shellFiles(runCommand))],
] as const

const HASH = `$2y$10$${'a'.repeat(53)}`

for (const [where, files] of MEMBERS)
  describe(`the password file of a site, ${where}`, () => {
    let scratch: Scratch
    let path: string
    beforeEach(() => {
      scratch = new Scratch()
      path = scratch.write(
        'etc/intranet.htpasswd',
        '# staff\nbob:$apr1$Kx1Qz0aB$3GHyYqWmKc8mMBd0mA2hJ1\n',
        0o640,
      )
    })
    afterEach(() => scratch.remove())

    const agent = () =>
      accessAgent(hostSites([{ name: 'intranet', users: path, form: 'nginx' }], runCommand, files))
    const ask = async (action: string, inputs: Record<string, string> = {}, on = agent()) =>
      on.actions[action]?.({ site: 'intranet', ...inputs }, callOf(action))
    const allow = (user: string, on = agent()) => ask('allow', { user, hash: HASH }, on)
    const written = () => readFileSync(path, 'utf8')

    it('gets a line once, and loses it again, with owner, group and mode as they were', async () => {
      if (process.getuid?.() === 0) chownSync(path, 65_534, 65_534)
      const before = statSync(path)
      expect(await allow('alice')).to.deep.equal({
        lines: 1,
        usable: true,
        kind: 'bcrypt',
        digest: digestOf(HASH),
        similar: [],
        changed: true,
      })
      const after = statSync(path)
      expect([after.uid, after.gid, after.mode]).to.deep.equal([before.uid, before.gid, before.mode])
      expect(await allow('alice')).to.include({ changed: false })
      expect(statSync(path).ino).to.equal(after.ino)
      expect(await ask('users')).to.deep.equal({ users: { bob: 'apr1', alice: 'bcrypt' }, count: 2 })
      expect(await ask('remove', { user: 'alice' })).to.include({ lines: 0, changed: true })
      expect(await ask('remove', { user: 'alice' })).to.include({ lines: 0, changed: false })
      expect(written()).to.equal('# staff\nbob:$apr1$Kx1Qz0aB$3GHyYqWmKc8mMBd0mA2hJ1\n')
      expect(readdirSync(dirname(path))).to.deep.equal(['intranet.htpasswd'])
    })

    it('keeps every one of many changes at once, and leaves nothing of a daemon that was killed', async () => {
      writeFileSync(join(dirname(path), '.intranet.htpasswd.lockstep-new'), 'half a fi')
      const on = agent()
      const users = Array.from({ length: 20 }, (_, index) => `user${index}`)
      await Promise.all(users.map((user) => allow(user, on)))
      for (const user of users) expect(await ask('status', { user })).to.include({ lines: 1, usable: true })
      expect(readdirSync(dirname(path))).to.deep.equal(['intranet.htpasswd'])
    })

    it('tells no digest of a hash that is guessed fast', async () => {
      for (const hash of [
        '{SHA}W6ph5Mm5Pz8GgiULbPgzG37mj9g=',
        '{PLAIN}secret12',
        '$apr1$Kx1Qz0aB$3GHyYqWmKc8mMBd0mA2hJ1',
      ]) {
        writeFileSync(path, `alice:${hash}\n`)
        expect(await ask('status', { user: 'alice' }), hash).to.include({ usable: true, digest: null })
      }
    })

    const odd: [string, () => void, RegExp][] = [
      ['a link', () => link(), /it is a link/],
      ['one with a second name', () => linkSync(path, `${path}.old`), /hard link/],
      ['a folder', () => ((path = join(scratch.path, 'folder')), mkdirSync(path)), /it is a folder/],
      ['one that is not there', () => (path = join(scratch.path, 'etc/none')), /it is not there/],
      ['one that everybody may write', () => chmodSync(path, 0o666), /everybody may write to it/],
      ['one in a folder of everybody', () => chmodSync(dirname(path), 0o777), /to its folder/],
      [
        'one with a line that has no colon',
        () => writeFileSync(path, 'al\nalice:x\n'),
        /line 1 has no colon/,
      ],
      ['one with a line that goes on', () => writeFileSync(path, 'alice:x\\\nbob:y\n'), /line 1 goes on/],
      ['one that is too large', () => writeFileSync(path, 'a:b\n'.repeat(300_000)), /bytes; at most/],
    ]
    function link() {
      symlinkSync(path, join(scratch.path, 'link'))
      path = join(scratch.path, 'link')
    }
    for (const [what, make, why] of odd)
      it(`is refused where it is ${what}, in looks and in changes`, async () => {
        make()
        for (const action of ['status', 'remove'])
          expect(await reasonOf(ask(action, { user: 'alice' })), action).to.match(why)
        expect(await reasonOf(allow('alice'))).to.match(why)
        expect(await reasonOf(ask('users'))).to.match(why)
      })

    it('is one that the host’s own configuration names', async () => {
      expect(await reasonOf(ask('status', { site: 'other', user: 'alice' }))).to.equal(
        'No site other is configured on this host (configured: intranet)',
      )
    })
  })
