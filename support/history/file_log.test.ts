import { join } from 'node:path'
import { FileLog } from './file_log'
import { historyLogContract } from '../testing/history_log_contract'
import { Scratch } from '../testing/scratch'

describe('A log of histories in files', () => {
  const scratch = new Scratch()
  after(() => scratch.remove())
  let logs = 0

  historyLogContract(async () => {
    logs += 1
    const folder = join(scratch.path, `log-${logs}`)
    return {
      open: async () => new FileLog(folder),
      openCopy: () => new FileLog(`${folder}-copy`),
    }
  }, 100)
})
