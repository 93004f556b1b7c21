import { expect } from 'chai'
import { passwordIn, passwordTableFault } from './password_table'

describe('the table of a password', () => {
  it('names a variable, which only a secret one still is when the table is judged', () => {
    expect(passwordTableFault([['password', '<alice_password>']])).to.equal(undefined)
    for (const rows of [[['password', 'written-out']], [['password', 'a <b>']]])
      expect(passwordTableFault(rows)).to.contain('secret variable')
    for (const rows of [
      [],
      [['password']],
      [['user', '<a>']],
      [
        ['password', '<a>'],
        ['x', 'y'],
      ],
    ])
      expect(passwordTableFault(rows)).to.contain('one row')
  })

  it('is a password that can be hashed once it is filled in; an error does not repeat it', () => {
    expect(passwordIn([['password', 'correct horse']])).to.equal('correct horse')
    for (const odd of ['xy-12', '<alice_password>', `${'x'.repeat(72)}!`, 'tab\tand more'])
      expect(() => passwordIn([['password', odd]]))
        .to.throw()
        .with.property('message')
        .that.does.not.contain(odd)
    expect(() => passwordIn([['x', 'correct horse']])).to.throw('one row')
  })
})
