import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect } from 'chai'
import { ROOT } from './blocks'

const PAGE = 'docs/troubleshooting.md'
/** The shortest piece of a message that says anything. */
const MIN_PIECE = 4

describe('the messages of the page for troubleshooting', () => {
  const sources = readSources()
  const messages = messagesIn(readFileSync(join(ROOT, PAGE), 'utf8'))

  it('are found', () => expect(messages.length).to.be.above(30))

  it('stand in the sources as the page quotes them', () =>
    expect(messages.filter((message) => !stands(message, sources))).to.deep.equal([]))

  it('would be found missing when a word of them changes', () => {
    for (const message of messages) expect(stands(`${message} xyzzy`, sources), message).to.equal(false)
  })
})

/** Returns the first cells of the tables of messages. */
function messagesIn(page: string): string[] {
  return [...page.matchAll(/^\| `([^`]+)` \|/gm)].map(([, message = '']) => message)
}

function readSources(): string[] {
  return readdirSync(join(ROOT, 'support'), { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.ts') && !name.endsWith('.test.ts') && !name.startsWith('testing'))
    .map((name) => readFileSync(join(ROOT, 'support', name), 'utf8').replaceAll(/\\(['"`])/g, '$1'))
}

/** Says whether one source has all pieces of a message between its `…`, in their order. */
function stands(message: string, sources: readonly string[]): boolean {
  const pieces = message
    .split('…')
    .map((piece) => piece.trim())
    .filter((piece) => piece.length >= MIN_PIECE)
  return (
    pieces.length > 0 &&
    sources.some((source) => {
      let at = 0
      return pieces.every((piece) => {
        const found = source.indexOf(piece, at)
        at = found + piece.length
        return found >= 0
      })
    })
  )
}
