// Loaded into a process before all else: leaves the most memory that it ever had, in MB, in the file that is named.
const { writeFileSync } = require('node:fs')

const path = process.env.BENCH_PEAK_MEMORY
delete process.env.BENCH_PEAK_MEMORY
if (path !== undefined)
  process.once('exit', () => writeFileSync(path, String(process.resourceUsage().maxRSS / 1024)))
