import type { Clock } from './clock'
import type { CommandRunner } from './command'

export interface NotifySettings {
  /** The socket where systemd listens; undefined where it did not start this process, or does not want to be told. */
  socket: string | undefined
  /**
   * The watchdog of systemd: milliseconds that it waits for a sign of life, and the process; undefined where it does
   * not wait.
   */
  watchdog: { everyMs: number; pid: number | undefined } | undefined
}

export interface ServiceManagerOptions extends NotifySettings {
  run: CommandRunner
  clock: Clock
  pid: number
  onTrouble: (what: string) => void
}

/** Signs of life in the time that systemd waits for one. */
const SIGNS = 3
const WITHIN_MS = 10_000

/**
 * The link to systemd. It says that this daemon is ready, and then again and again that its event loop still comes
 * round. A loop that is stuck sends no sign, and systemd starts the daemon again. Source: sd_notify(3),
 * sd_watchdog_enabled(3).
 */
export class ServiceManager {
  private stopTimer = () => {}
  private isStopped = false

  constructor(private readonly options: ServiceManagerOptions) {}

  /** Takes systemd's variables out of the environment: programs that the daemon starts must not speak in its name. */
  static takenFrom(env: NodeJS.ProcessEnv): NotifySettings {
    const { NOTIFY_SOCKET: socket, WATCHDOG_USEC: wait, WATCHDOG_PID: pid } = env
    for (const name of ['NOTIFY_SOCKET', 'WATCHDOG_USEC', 'WATCHDOG_PID']) delete env[name]
    const everyMs = Number(wait) / 1000
    const watches = Number.isFinite(everyMs) && everyMs > 0
    return {
      socket,
      watchdog: watches ? { everyMs, pid: pid === undefined ? undefined : Number(pid) } : undefined,
    }
  }

  start(): void {
    const { socket, watchdog, pid } = this.options
    if (socket === undefined) return
    void this.tell(socket, '--ready')
    if (watchdog === undefined || (watchdog.pid ?? pid) !== pid) return
    this.giveSigns(socket, watchdog.everyMs / SIGNS)
  }

  stop(): void {
    this.isStopped = true
    this.stopTimer()
  }

  private giveSigns(socket: string, everyMs: number): void {
    this.stopTimer = this.options.clock.after(everyMs, () => {
      void this.tell(socket, 'WATCHDOG=1').finally(() => {
        if (!this.isStopped) this.giveSigns(socket, everyMs)
      })
    })
  }

  private async tell(socket: string, what: string): Promise<void> {
    const { run, onTrouble } = this.options
    const { exitCode, failure, output } = await run('systemd-notify', [what], {
      within: WITHIN_MS,
      env: { NOTIFY_SOCKET: socket },
    })
    if (exitCode !== 0)
      onTrouble(`systemd could not be told ${what}: ${failure ?? (output || `exit status ${exitCode}`)}`)
  }
}
