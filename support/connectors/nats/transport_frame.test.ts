import { expect } from 'chai'
import fc from 'fast-check'
import { broadcastSubject, hostSubject, isReplySubject, replyPrefix } from './subjects'
import { frameWriter, longestData, readFrame } from './transport_frame'

const bytes = fc.uint8Array().map((each) => Buffer.from(each))

describe('a message of Choria over NATS', () => {
  it('has the layer that Ruby’s connector writes', () => {
    expect(
      JSON.parse(frameWriter(Buffer.from('ping'), 'control')('mcollective.reply.a.b.c').toString()),
    ).to.deep.equal({
      protocol: 'choria:transport:1',
      data: 'cGluZw==',
      headers: { mc_sender: 'control', 'reply-to': 'mcollective.reply.a.b.c' },
    })
  })

  it('comes back as it was', () => {
    fc.assert(
      fc.property(bytes, fc.string(), fc.option(fc.string(), { nil: undefined }), (data, sender, replyTo) => {
        const read = readFrame(frameWriter(data, sender)(replyTo))
        expect(read).to.deep.equal({ data, sender, ...(replyTo === undefined ? {} : { replyTo }) })
      }),
    )
  })

  it('is read, or its fault is told, whatever it is', () => {
    fc.assert(
      fc.property(
        fc.oneof(
          bytes,
          fc.json().map((text) => Buffer.from(text)),
        ),
        (hostile) => {
          expect(readFrame(hostile)).to.have.property('fault')
        },
      ),
    )
    const nested = Buffer.from('['.repeat(1_000_000))
    expect(readFrame(nested)).to.deep.equal({ fault: 'no JSON' })
    expect(readFrame(Buffer.alloc(20_000_000))).to.include({ dropped: 20_000_000 })
  })

  it('fits where its data is as long as it may be', () => {
    fc.assert(
      fc.property(fc.integer({ min: 200, max: 5_000 }), (most) => {
        const write = (length: number) => frameWriter(Buffer.alloc(length), 'web1')().length
        expect(write(longestData(most, 'web1'))).to.be.at.most(most)
        expect(write(longestData(most, 'web1') + 4)).to.be.greaterThan(most)
      }),
    )
  })
})

describe('a subject of NATS', () => {
  it('is named as Choria names it', () => {
    expect(broadcastSubject({ collective: 'mcollective', agent: 'package' })).to.equal(
      'mcollective.broadcast.agent.package',
    )
    expect(hostSubject('mcollective', 'web1.example.net')).to.equal('mcollective.node.web1.example.net')
    expect(replyPrefix('mcollective', 'choria=anna.mcollective', '1')).to.match(
      /^mcollective\.reply\.[0-9a-f]{32}\.1$/,
    )
  })

  it('takes no name that means several hosts, or that ends the line', () => {
    for (const name of [
      '*',
      '>',
      'web1.*',
      'web1.>',
      '',
      '.',
      'web1..net',
      'web1 x',
      'web1\r\nPUB x 0',
      'wéb',
    ])
      expect(() => hostSubject('mcollective', name), name).to.throw('cannot be reached over NATS')
  })

  it('of a reply is no place of requests', () => {
    const isReply = (subject: string) => isReplySubject(subject, ['mcollective'])
    expect(isReply('mcollective.reply.0a1b.12.3')).to.equal(true)
    for (const other of [
      'mcollective.node.web1',
      'mcollective.broadcast.agent.package',
      'other.reply.a.b',
      'mcollective.reply.>',
      'mcollective.reply.a b',
      'mcollective.reply.a\r\nPUB x 0',
    ])
      expect(isReply(other), other).to.equal(false)
  })
})
