import { expect } from 'chai'
import fc from 'fast-check'
import { passwordFileFault, statusIn, usersIn, withoutUser, withUser } from './password_lines'

const HASH = `$2y$10$${'a'.repeat(53)}`
const OLD = '$apr1$Kx1Qz0aB$3GHyYqWmKc8mMBd0mA2hJ1'

describe('the lines of a password file', () => {
  it('let a user in by the first one of the name', () => {
    const text = `# staff\nalice:${OLD}\nbob:${HASH}:Bob\nalice:${HASH}\n`
    expect(statusIn(text, 'alice', 'apache')).to.deep.equal({
      lines: 2,
      usable: true,
      kind: 'apr1',
      hash: undefined,
      similar: [],
    })
    expect(statusIn(text, 'bob', 'nginx')).to.include({ lines: 1, usable: true, kind: 'bcrypt', hash: HASH })
    expect(statusIn(text, 'carol', 'nginx')).to.include({ lines: 0, usable: false, kind: undefined })
    expect(usersIn(text)).to.deep.equal([
      { name: 'alice', kind: 'apr1' },
      { name: 'bob', kind: 'bcrypt' },
    ])
  })

  it('that are not let in by it: no hash, no colon, a hash that the web server does not read', () => {
    for (const line of ['alice', 'alice:', 'alice:*', 'alice:secret', 'alice:$2y$10$short'])
      expect(statusIn(`${line}\nalice:${HASH}\n`, 'alice', 'apache'), line).to.include({ usable: false })
    expect(statusIn('alice:{PLAIN}x\n', 'alice', 'apache').usable).to.equal(false)
    expect(statusIn('alice:{PLAIN}x\n', 'alice', 'nginx').usable).to.equal(true)
    expect(statusIn(`#alice:${HASH}\n`, 'alice', 'apache').lines).to.equal(0)
  })

  it('let nobody in with a hash that was cut short, or of a cost that there is not', () => {
    for (const hash of [
      '{SHA}abc',
      '{SSHA}x',
      '$5$abc',
      '$6$abc$short',
      'correcthorse1',
      `$2y$99$${'a'.repeat(53)}`,
      `$2y$03$${'a'.repeat(53)}`,
    ])
      for (const form of ['apache', 'nginx'] as const)
        expect(statusIn(`alice:${hash}\n`, 'alice', form), hash).to.include({ usable: false })
  })

  it('are no line of the user for nginx where a blank stands before the name or behind the hash', () => {
    for (const line of [` alice:${HASH}\n`, `\talice:${HASH}\n`, `alice:${HASH} \n`]) {
      expect(statusIn(line, 'alice', 'nginx'), line).to.include({ lines: 1, usable: false })
      expect(statusIn(line, 'alice', 'apache'), line).to.include({ lines: 1, usable: true })
    }
    const second = statusIn(` alice:\nalice:${HASH}\n`, 'alice', 'nginx')
    expect(second).to.include({ lines: 2, usable: true, kind: 'bcrypt' })
    expect(statusIn(`alice:${HASH}\r\n`, 'alice', 'nginx').usable).to.equal(true)
    expect(statusIn(`alice:${HASH}:Alice \n`, 'alice', 'nginx').usable).to.equal(true)
  })

  it('are a user’s for Apache with blanks before the name, and then not as an order would write them', () => {
    for (const line of [`  alice:${HASH}\n`, `alice:${HASH} \n`, `alice:${HASH}\r\n`])
      expect(statusIn(line, 'alice', 'apache'), line).to.include({ lines: 1, hash: undefined })
    expect(withUser(` alice:${OLD}\r\n`, 'alice', HASH)).to.equal(`alice:${HASH}\n`)
  })

  it('tell names that differ by case or a blank alone, who still get in', () => {
    expect(
      statusIn(`Alice:${HASH}\nalice :${HASH}\nalicia:${HASH}\n`, 'alice', 'apache').similar,
    ).to.deep.equal(['Alice', 'alice '])
  })

  it('stay in their order, with comments and what stands behind the hash', () => {
    const text = `# staff\n\nbob:${OLD}:Bob B.\nodd\nalice:${OLD}:A\nalice:${HASH}`
    expect(withUser(text, 'alice', HASH)).to.equal(`# staff\n\nbob:${OLD}:Bob B.\nodd\nalice:${HASH}:A\n`)
    expect(withoutUser(text, 'alice')).to.equal(`# staff\n\nbob:${OLD}:Bob B.\nodd\n`)
    expect(withUser('bob:x', 'alice', HASH)).to.equal(`bob:x\nalice:${HASH}\n`)
    expect(withUser('', 'alice', HASH)).to.equal(`alice:${HASH}\n`)
  })

  it('are refused where web servers read them in other ways', () => {
    for (const text of [
      'a:b\\\nc:d\n',
      '# x\\\r\na:b\n',
      'a\0:b\n',
      'a:b\rc:d\n',
      `a:${'x'.repeat(1_001)}\n`,
      // nginx passes over the line after one that is the beginning of a user's name.
      `al\nalice:${HASH}\n`,
      `alice::${HASH}\n`,
    ])
      expect(passwordFileFault(text), JSON.stringify(text)).to.be.a('string')
    expect(passwordFileFault(`# x\n\r\n  # y\nalice:${HASH}\r\ncarol::\nbob:x`)).to.equal(undefined)
  })

  it('are one for a user who was let in, none for one who was shut out, and as before for all others', () => {
    const name = fc.constantFrom('alice', 'Alice', 'bob', 'carol', ' alice', 'alice ', '')
    const line = fc.oneof(
      fc.tuple(name, fc.constantFrom(HASH, OLD, '', 'x', `${OLD}:more`)).map((parts) => parts.join(':')),
      fc.constantFrom('# alice:x', '', 'alice', '\r', ':'),
    )
    fc.assert(
      fc.property(fc.array(line), fc.constantFrom('\n', '\r\n'), fc.boolean(), (lines, end, whole) => {
        const text = lines.join(end) + (whole ? end : '')
        fc.pre(passwordFileFault(text) === undefined)
        const others = (of: string) => usersIn(of).filter((each) => each.name !== 'alice')
        const allowed = withUser(text, 'alice', HASH)
        expect(statusIn(allowed, 'alice', 'nginx')).to.include({ lines: 1, usable: true, hash: HASH })
        expect(withUser(allowed, 'alice', HASH)).to.equal(allowed)
        const gone = withoutUser(allowed, 'alice')
        expect(statusIn(gone, 'alice', 'apache').lines).to.equal(0)
        expect(withoutUser(text, 'alice')).to.satisfy((each: string) => each === gone || gone === `${each}\n`)
        for (const after of [allowed, gone]) expect(others(after)).to.deep.equal(others(text))
      }),
    )
  })
})
