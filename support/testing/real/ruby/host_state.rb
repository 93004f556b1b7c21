require 'json'

# What a test host has installed, blocked and running: a JSON file, so that the test can look at it too.
module HostState
  FILE = ENV.fetch('LOCKSTEP_HOST_STATE')

  def self.read
    JSON.parse(File.read(FILE))
  end

  # Notes that the host carries an order out, so that a test can count how often.
  def self.order(what)
    File.open("#{FILE}.orders", 'a') { |file| file.puts(what) }
  end

  # A reader sees the state before or the one after, never a part of one.
  def self.change
    File.open("#{FILE}.lock", File::RDWR | File::CREAT) do |lock|
      lock.flock(File::LOCK_EX)
      state = read
      yield state
      File.write("#{FILE}.new", JSON.generate(state))
      File.rename("#{FILE}.new", FILE)
    end
  end
end
