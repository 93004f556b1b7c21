import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { readBlocks, ROOT } from './blocks'
import { commandsOf } from './console_block'
import { CONSOLE_PAGES } from './console_pages'
import { PageProject } from './page_project'
import { compareOutput, refreshOutput } from './recorded_output'

/**
 * Writes into the pages what their commands say now, wherever that is not what they show: npm run docs:outputs [page …].
 * Lines that a page leaves out stay left out. Read the difference.
 */
async function main(pages: readonly string[]): Promise<void> {
  for (const page of pages) {
    const how = CONSOLE_PAGES[page]
    if (how === undefined || 'suite' in how) continue
    const project = await PageProject.prepare(how.place, how.faults)
    const path = join(ROOT, page)
    const lines = readFileSync(path, 'utf8').split('\n')
    let shift = 0
    for (const block of readBlocks(page)) {
      const file = block.marks.get('file')
      if (file !== undefined) project.write(file, block.text)
      else if (block.language === 'meanwhile') await project.do(block)
      else if (block.language === 'console' && !block.marks.has('untested')) {
        const text: string[] = []
        for (const { command, output, exitCode } of commandsOf(block)) {
          const ended = await project.run(command, output)
          const difference = compareOutput(output, ended.output)
          const shown =
            difference === undefined ? output : refreshOutput(output, project.asNamed(ended.output))
          text.push(...`$ ${command}\n${shown}`.trimEnd().split('\n'))
          if (ended.exitCode !== exitCode)
            process.stdout.write(`${page}:${block.line}: ${command}: exit status ${ended.exitCode}\n`)
        }
        const before = block.text.split('\n').length - 1
        lines.splice(block.line + shift, before, ...text)
        shift += text.length - before
      }
    }
    await project.end()
    writeFileSync(path, lines.join('\n'))
  }
}

const named = process.argv.slice(2)
void main(named.length > 0 ? named : Object.keys(CONSOLE_PAGES))
