/**
 * Calls `decide` when the process ends, behind all listeners: its exit status is the last word. Listeners are called in
 * the order in which they came, and those that came first cannot know what later ones set.
 */
export function decideExitStatus(ending: NodeJS.EventEmitter, decide: () => void): void {
  const emit = ending.emit.bind(ending)
  ending.emit = (name, ...args) => {
    const heard = emit(name, ...args)
    if (name === 'exit') decide()
    return heard
  }
}
