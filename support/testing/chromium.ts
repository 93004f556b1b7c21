import { chromium, type Browser } from 'playwright-core'

/** Starts Debian's Chromium, without a window. It has no sandbox: as root it could not have one. */
export function launchChromium(): Promise<Browser> {
  return chromium.launch({ executablePath: '/usr/bin/chromium', args: ['--no-sandbox'] })
}
