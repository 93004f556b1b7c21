module MCollective
  module Agent
    # Writes down which hosts have registered, and as whom.
    class Registration
      attr_reader :timeout, :meta

      def initialize
        @timeout = 5
        @meta = { :name => 'registration', :license => 'Apache-2.0', :author => 'Lockstep', :version => '1.0', :url => '', :timeout => 5 }
      end

      def handlemsg(msg, _connection)
        return nil if msg[:senderid] == Config.instance.identity
        line = [msg[:senderid], msg[:callerid], *msg[:body]].join(' ')
        File.open("#{ENV['LOCKSTEP_HOST_STATE']}.registered", 'a') { |file| file.puts(line) }
        nil
      end
    end
  end
end
