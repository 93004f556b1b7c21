/** Returns a teller that does not repeat what it said last. */
export function sayOnce(tell: (sentence: string) => void): (sentence: string) => void {
  let said: string | undefined
  return (sentence) => {
    if (sentence !== said) tell(sentence)
    said = sentence
  }
}
