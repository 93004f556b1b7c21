/** The credentials for the brokers and daemons that the suites start on loopback, for as long as a suite runs. */
export const USER = 'mcollective'
export const PASSWORD = 'marionette'
export const PSK = 'lockstep-real-secret'
