/**
 * Fails a test file in which a rejection is left unhandled. Mocha itself does so in one process only: its parallel workers
 * pass over such a rejection without a word.
 */
process.on('unhandledRejection', (reason) => {
  throw reason
})
