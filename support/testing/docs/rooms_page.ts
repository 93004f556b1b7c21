import { ROOMS } from '../rooms'

const HEAD = `# The rooms

What is in each folder, and what it may import, from the top. Every room may import \`support/system\`. A test fails on an import
that is not here, on a permission that nobody uses, and on files that import each other.
[architecture.md](architecture.md) leads through them.

| room | what is in it | may import |
|---|---|---|
`

const TAIL = `
\`features/deployments\` are rollouts that people copy, \`features/behaviour\` is the manual, run as a person would. \`support/testing\`
has fakes, contract suites, the real components, the small fleet and the bench; it may import anything.
`

/** Returns docs/rooms.md: what is in each folder, and what it may import. */
export function roomsPage(): string {
  const rows = Object.entries(ROOMS).map(
    ([name, { holds, mayImport }]) =>
      `| \`${shortenName(name)}\` | ${holds} | ${mayImport.map(shortenName).join(', ')} |\n`,
  )
  return `${HEAD}${rows.join('')}${TAIL}`
}

function shortenName(name: string): string {
  return name.replace(/^support\//, '')
}
