import { expect } from 'chai'
import { field } from '../plain'
import { Refusal } from '../refusal'
import { decodeRubyYaml, encodeRubyYaml } from '../security/ruby_yaml'
import { decodeMarshal } from './decode'
import { encodeMarshal } from './encode'
import { RubyHash, RubySymbol, type RubyValue } from './values'

/** Returns symbols of a name that no part of this program has used before; each is an object of its own. */
let made = 0
const newName = () => `never used before ${(made += 1)}`

const FORMS = {
  'Ruby Marshal': (value: RubyValue) => decodeMarshal(encodeMarshal(value)),
  'YAML of Ruby': (value: RubyValue) => decodeRubyYaml(encodeRubyYaml(value)),
}

for (const [form, sent] of Object.entries(FORMS))
  describe(`symbols of a peer in ${form}`, () => {
    const hashOf = (...names: string[]) =>
      new RubyHash(new Map(names.map((name, index): [RubyValue, RubyValue] => [new RubySymbol(name), index])))
    const fieldOf = (value: RubyValue, name: string) =>
      value instanceof RubyHash ? field(value, name) : expect.fail('no hash')

    it('are found by a name that the program asks for the first time, after names without end', () => {
      sent(hashOf(...Array.from({ length: 10_000 }, newName)))
      const name = newName()
      expect(fieldOf(sent(hashOf(name)), name)).to.equal(0)
    })

    it('are found again in a hash that was decoded before the program used the name', () => {
      const name = newName()
      const before = sent(hashOf(name))
      expect(fieldOf(sent(hashOf(name)), name)).to.equal(0)
      expect(fieldOf(before, name)).to.equal(0)
    })

    it('stand once in a hash, also by a name that the program has never used', () => {
      const name = newName()
      expect(() => sent(hashOf(name, name)))
        .to.throw(Refusal)
        .with.property('code', 'malformed')
    })

    it('are no field beside a string of the same name', () => {
      const name = newName()
      const twice = new RubyHash(
        new Map<RubyValue, RubyValue>([
          [new RubySymbol(name), 1],
          [name, 2],
        ]),
      )
      expect(() => fieldOf(sent(twice), name))
        .to.throw(Refusal)
        .with.property('code', 'bad-envelope')
    })
  })
