import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs'
import { dirname, join, normalize, resolve } from 'node:path'
import { expect } from 'chai'

const ROOT = resolve(__dirname, '..', '..')
const { files } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8')) as { files: string[] }
const PAGES = files
  .flatMap((name) =>
    statSync(join(ROOT, name), { throwIfNoEntry: false })?.isDirectory() === true
      ? readdirSync(join(ROOT, name), { recursive: true, encoding: 'utf8' }).map((each) => join(name, each))
      : [name],
  )
  .filter((name) => name.endsWith('.md') && !name.startsWith('dist'))

describe('the pages of the package', () => {
  for (const page of PAGES)
    it(`${page} links to nothing that is not in the package`, () => {
      const dead = linksOf(page).filter((link) => !leadsSomewhere(page, link))
      expect(dead).to.deep.equal([])
    })

  it('are told from those that lead nowhere', () => {
    for (const link of ['support/index.ts', 'LICENCE', '#no-such-part', 'CHANGELOG.md#no-such-part', '../x'])
      expect(leadsSomewhere('README.md', link), link).to.equal(false)
    for (const link of ['LICENSE', 'features/deployments/website.feature', '#six-promises'])
      expect(leadsSomewhere('README.md', link), link).to.equal(true)
  })
})

/** Returns inline links and definitions, other than to addresses on the web. */
function linksOf(page: string): string[] {
  const text = withoutCode(page)
  const found = [...text.matchAll(/\]\(\s*<?([^)\s>]+)[^)]*\)|^\[[^\]]+\]:\s*(\S+)|(?:href|src)="([^"]+)"/gm)]
  return found.map((match) => match[1] ?? match[2] ?? match[3] ?? '').filter((link) => !/^https?:/.test(link))
}

function leadsSomewhere(page: string, link: string): boolean {
  const [path = '', anchor] = link.split('#')
  const target = path === '' ? page : normalize(join(dirname(page), decodeURIComponent(path)))
  const isPacked = files.some((name) => target === name || target.startsWith(`${name}/`))
  if (!isPacked || !existsSync(join(ROOT, target))) return false
  return anchor === undefined || (statSync(join(ROOT, target)).isFile() && anchorsOf(target).includes(anchor))
}

/** Returns the anchors of a page in GitHub's form: a heading in lower case, without marks, with dashes between. */
function anchorsOf(page: string): string[] {
  return [...withoutCode(page, false).matchAll(/^#+ +(.+)$/gm)].map(([, heading = '']) =>
    heading
      .toLowerCase()
      .replace(/[^\p{L}\p{N}\s_-]/gu, '')
      .trim()
      .replaceAll(' ', '-'),
  )
}

function withoutCode(page: string, inline = true): string {
  const text = readFileSync(join(ROOT, page), 'utf8').replace(/^ *```[\s\S]*?^ *```/gm, '')
  return inline ? text.replace(/`[^`\n]*`/g, '') : text
}
