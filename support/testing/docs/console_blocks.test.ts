import { expect } from 'chai'
import { placeOf, readBlocks } from './blocks'
import { commandsOf } from './console_block'
import { CONSOLE_PAGES } from './console_pages'
import { PageProject } from './page_project'
import { compareOutput } from './recorded_output'

describe('the commands of the pages', function () {
  for (const [page, how] of Object.entries(CONSOLE_PAGES)) {
    if ('suite' in how) continue
    it(`of ${page} do what the page shows${how.takes === 'longer' ? ' @long' : ''}`, async () => {
      const project = await PageProject.prepare(how.place, how.faults)
      try {
        for (const block of readBlocks(page)) {
          const file = block.marks.get('file')
          if (file !== undefined) project.write(file, block.text)
          else if (block.language === 'meanwhile') await project.do(block)
          else if (block.language === 'console' && !block.marks.has('untested'))
            for (const { command, output, exitCode } of commandsOf(block)) {
              const ended = await project.run(command, output)
              const name = `${placeOf(block)}: ${command}`
              const difference = compareOutput(output, ended.output)
              expect(difference?.said, name).to.equal(difference?.shown)
              expect(ended.exitCode, name).to.equal(exitCode)
            }
        }
      } finally {
        await project.end()
      }
    })
  }
})
