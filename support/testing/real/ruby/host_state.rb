require 'json'

# What a test host has installed, blocked and running: a JSON file, so that the test can look at it too.
module HostState
  FILE = ENV.fetch('LOCKSTEP_HOST_STATE')

  def self.read
    JSON.parse(File.read(FILE))
  end

  def self.change
    File.open(FILE, 'r+') do |file|
      file.flock(File::LOCK_EX)
      state = JSON.parse(file.read)
      yield state
      file.rewind
      file.truncate(0)
      file.write(JSON.generate(state))
    end
  end
end
