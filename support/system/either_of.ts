/** Resolves when the work is done or as soon as the signal is aborted, and leaves no listener behind. */
export async function eitherOf(work: Promise<unknown>, signal: AbortSignal): Promise<void> {
  if (signal.aborted) return
  let abort = () => {}
  const aborted = new Promise<void>((resolve) => (abort = resolve))
  signal.addEventListener('abort', abort, { once: true })
  await Promise.race([work, aborted])
  signal.removeEventListener('abort', abort)
}
