import { chmodSync, existsSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { expect } from 'chai'
import fc from 'fast-check'
import { runCommand } from '../../../system/command'
import { callOf } from '../../../testing/call'
import { reasonOf } from '../../../testing/failure'
import { Programs, type Said } from '../../../testing/programs'
import { Scratch } from '../../../testing/scratch'
import { shellFiles } from '../../../testing/shell_files'
import { accessAgent } from '../../access'
import { formatAddresses, readAddresses } from './address_lines'
import { localGuardedFiles } from './guarded_files_local'
import { shellGuardedFiles } from './guarded_files_shell'
import { hostSites } from './sites'

const MEMBERS = [
  ['on this host', localGuardedFiles],
  ['by a shell', shellGuardedFiles(runCommand, shellFiles(runCommand))],
] as const

for (const [where, files] of MEMBERS)
  describe(`the file of a site’s addresses, ${where}`, () => {
    let scratch: Scratch
    let path: string
    let backup: string
    let programs: Programs
    beforeEach(() => {
      scratch = new Scratch()
      path = scratch.write('etc/intranet.addresses', '# staff\nallow 192.0.2.0/24;\ndeny all;\n', 0o644)
      backup = join(dirname(path), '.intranet.addresses.lockstep-before')
      programs = new Programs({ '/sbin/test': {}, '/sbin/reload': {} })
    })
    afterEach(() => scratch.remove())

    const says = (known: Record<string, Said | ((line: string) => Said)>) => {
      programs = new Programs({ '/sbin/test': {}, '/sbin/reload': {}, ...known })
    }
    const ask = async (action: string, address = '198.51.100.7') => {
      const addresses = { path, test: ['/sbin/test', '-t'], reload: ['/sbin/reload'] }
      const sites = [{ name: 'intranet', users: '/none', form: 'nginx' as const, addresses }]
      const { actions } = accessAgent(hostSites(sites, programs.run, files))
      return actions[action]?.({ site: 'intranet', address }, callOf(action))
    }
    const written = () => readFileSync(path, 'utf8')

    it('gets a line once, tested before and after, and loses it again', async () => {
      const before = statSync(path)
      expect(await ask('allow_address')).to.deep.equal({
        allowed: true,
        by: ['198.51.100.7'],
        parts: [],
        unused: false,
        changed: true,
      })
      expect(written()).to.equal('# staff\nallow 192.0.2.0/24;\nallow 198.51.100.7;\ndeny all;\n')
      expect(programs.ran).to.deep.equal(['/sbin/test -t', '/sbin/test -t', '/sbin/reload'])
      expect(statSync(path).mode).to.equal(before.mode)
      expect(await ask('allow_address')).to.include({ changed: false })
      expect(programs.ran).to.have.length(3)
      expect(await ask('remove_address')).to.include({ allowed: false, changed: true })
      expect(written()).to.equal('# staff\nallow 192.0.2.0/24;\ndeny all;\n')
      expect(readdirSync(dirname(path))).to.deep.equal(['intranet.addresses'])
    })

    it('has an address by the network around it, and loses a network with its parts', async () => {
      expect(await ask('allow_address', '192.0.2.7')).to.include({ allowed: true, changed: false })
      expect(await reasonOf(ask('remove_address', '192.0.2.7'))).to.match(/does not say so of 192\.0\.2\.7/)
      expect(await ask('address_status', '192.0.0.0/16')).to.deep.include({
        allowed: false,
        parts: ['192.0.2.0/24'],
      })
      expect(await ask('remove_address', '192.0.0.0/16')).to.include({ allowed: false, changed: true })
      expect(written()).to.equal('# staff\ndeny all;\n')
    })

    it('stays as it is where the web server refuses its configuration already', async () => {
      says({
        '/sbin/test': { exitCode: 1, output: 'nginx: [emerg] unknown directive "x"\nnginx: test failed' },
      })
      const before = written()
      expect(await reasonOf(ask('allow_address'))).to.equal(
        'the web server refuses its configuration, by its test (/sbin/test): it exited with 1: nginx: [emerg] unknown directive "x"; nginx: test failed, before anything was changed; nothing was written',
      )
      expect(written()).to.equal(before)
      expect(programs.ran).to.have.length(1)
    })

    for (const [what, known] of [
      ['test', { '/sbin/test': () => ({ exitCode: written().includes('198') ? 1 : 0 }) }],
      ['reload', { '/sbin/reload': { failure: 'it took longer than 10 seconds' } }],
    ] as const)
      it(`is put back where the ${what} after a change fails`, async () => {
        says(known)
        const before = written()
        expect(await reasonOf(ask('allow_address'))).to.match(
          new RegExp(`by its ${what} .*; the file of addresses is as it was before$`),
        )
        expect(written()).to.equal(before)
        expect(existsSync(backup)).to.equal(false)
        expect(await ask('address_status')).to.include({ allowed: false, unused: false })
      })

    it('keeps what another program has written meanwhile, where it cannot be put back', async () => {
      const theirs = '# theirs\ndeny all;\n'
      says({
        '/sbin/reload': () => {
          writeFileSync(path, theirs)
          return { exitCode: 1 }
        },
      })
      expect(await reasonOf(ask('allow_address'))).to.match(
        /stays as it is: somebody else changed it meanwhile$/,
      )
      expect(written()).to.equal(theirs)
      expect(await ask('address_status')).to.include({ unused: true })
      says({})
      expect(await ask('remove_address')).to.include({ allowed: false, unused: false })
      expect(written()).to.equal(theirs)
    })

    it('goes back to what was there when it was written, also where that came during the test', async () => {
      const theirs = '# theirs\ndeny all;\n'
      let tests = 0
      says({
        '/sbin/test': () => {
          if ((tests += 1) === 1) writeFileSync(path, theirs)
          return { exitCode: tests === 1 ? 0 : 1 }
        },
      })
      expect(await reasonOf(ask('allow_address'))).to.match(/is as it was before$/)
      expect(written()).to.equal(theirs)
    })

    it('stays as it was written, and is not said to be in use, where it is not known how the reload ended', async () => {
      says({ '/sbin/reload': { failure: 'unknown: the connection was lost' } })
      expect(await reasonOf(ask('allow_address'))).to.match(
        /may not have read its configuration, by its reload/,
      )
      expect(written()).to.contain('198.51.100.7')
      expect(await ask('address_status')).to.include({ allowed: true, unused: true })
      says({})
      expect(await ask('allow_address')).to.include({ allowed: true, unused: false, changed: true })
      expect(programs.ran).to.deep.equal(['/sbin/test -t', '/sbin/reload'])
    })

    it('is not said to be in use after a kill before the reload, until the next change has reloaded', async () => {
      says({
        '/sbin/reload': () => {
          throw new Error('killed')
        },
      })
      await reasonOf(ask('allow_address'))
      expect(written()).to.contain('198.51.100.7')
      expect(await ask('address_status')).to.include({ allowed: true, unused: true })
      says({})
      expect(await ask('allow_address')).to.include({ allowed: true, unused: false, changed: true })
      expect(programs.ran).to.deep.equal(['/sbin/test -t', '/sbin/reload'])
      expect(existsSync(backup)).to.equal(false)
    })

    it('goes back after a kill before the test, where that refuses what was written', async () => {
      const before = written()
      writeFileSync(backup, before)
      writeFileSync(path, before.replace('deny', 'allow 198.51.100.7;\ndeny'))
      says({ '/sbin/test': { exitCode: 1 } })
      expect(await reasonOf(ask('allow_address'))).to.match(/is as it was before$/)
      expect(written()).to.equal(before)
      expect(existsSync(backup)).to.equal(false)
    })

    it('is refused where it lets everybody in, or has lines of another', async () => {
      for (const text of [
        '',
        'allow 192.0.2.7;\n',
        'deny all;\nallow 192.0.2.7;\n',
        'allow all;\ndeny all;\n',
        'allow 192.0.2.7; allow 192.0.2.8;\ndeny all;\n',
        'satisfy any;\ndeny all;\n',
        'deny 192.0.2.7;\ndeny all;\n',
        'allow 192.0.2.7/8;\ndeny all;\n',
      ]) {
        writeFileSync(path, text)
        for (const action of ['address_status', 'allow_address', 'remove_address', 'addresses'])
          expect(await reasonOf(ask(action)), text).to.match(/^the file of addresses .* is not used: /)
        expect(written()).to.equal(text)
      }
      writeFileSync(path, 'deny all;\n')
      chmodSync(path, 0o666)
      expect(await reasonOf(ask('address_status'))).to.match(/everybody may write to it/)
    })

    it('is one that the host’s own configuration names', async () => {
      const { actions } = accessAgent(
        hostSites([{ name: 'intranet', users: '/none', form: 'nginx' }], programs.run, files),
      )
      expect(
        await reasonOf(Promise.resolve(actions['addresses']?.({ site: 'intranet' }, callOf('addresses')))),
      ).to.equal('The site intranet has no file of addresses on this host')
    })

    it('is read as it was written, for each web server', () => {
      const address = fc.oneof(
        fc.ipV4(),
        fc.constantFrom('192.0.2.0/24', '2001:db8::/32', '::1', '0.0.0.0/0'),
      )
      fc.assert(
        fc.property(fc.array(address), fc.constantFrom('nginx', 'apache'), (addresses, form) => {
          const text = formatAddresses(addresses, '# a\ndeny all;\n', form)
          expect(text.startsWith('# a\n')).to.equal(true)
          expect(readAddresses(text, form)).to.deep.equal({ addresses })
        }),
      )
    })
  })
