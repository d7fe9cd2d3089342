# A consumer of Postern's Redis stream, in Ruby with redis-rb: ruby consumer.rb
# Each message is worked on by one consumer of the group; what a dead one left is taken over; an id that was applied is never
# applied again; an entry is acknowledged after that.
require 'json'
require 'redis'

STREAM = ENV.fetch('STREAM', 'postern:mail')
GROUP = ENV.fetch('GROUP', 'app')
CONSUMER = ENV.fetch('CONSUMER', "app-#{Process.pid}")
# An entry that its consumer has had for so long is taken over. Longer than your work ever takes.
IDLE = Integer(ENV.fetch('IDLE_MS', '60000'))

SERVER = Redis.new(url: ENV.fetch('REDIS_URL', 'redis://127.0.0.1:6379/0'))

# From the first entry of the stream, so that none is missed that came before the first consumer.
def make_group
  SERVER.xgroup(:create, STREAM, GROUP, '0', mkstream: true)
rescue Redis::CommandError => e
  raise unless e.message.start_with?('BUSYGROUP')
end

# What a dead consumer left, else what nobody has read yet. One at a time: what is read and waits would look abandoned.
def next_entries
  left = SERVER.xautoclaim(STREAM, GROUP, CONSUMER, IDLE, '0', count: 1)['entries']
  left.empty? ? SERVER.xreadgroup(GROUP, CONSUMER, STREAM, '>', count: 1, block: 1000).fetch(STREAM, []) : left
end

def handle(entry, fields)
  # Without fields it was trimmed from the stream before anybody worked on it.
  apply_once(fields['id'], JSON.parse(fields['event']), fields['raw']) if fields && !fields.empty?
  SERVER.xack(STREAM, GROUP, entry)
end

# raw: the message as received; nil where it was too large for the stream: fetch it from the field "url", or by the API.
def apply_once(id, event, raw)
  SERVER.rpush('app:started', id)
  sleep(Integer(ENV.fetch('WORK_MS', '0')) / 1000.0) # your work
  result = JSON.generate(subject: event['data']['subject'], octets: raw&.bytesize)
  # The result and the id in one transaction: what was applied is known to be applied, whenever this process dies.
  SERVER.watch("app:mail:#{id}") do
    next SERVER.unwatch if SERVER.exists?("app:mail:#{id}")

    SERVER.multi do |transaction|
      transaction.set("app:mail:#{id}", result)
      transaction.incr('app:applied')
    end
  end
end

$stopping = false
%w[TERM INT].each { |signal| trap(signal) { $stopping = true } }
until $stopping
  begin
    make_group
    next_entries.each { |entry, fields| handle(entry, fields) } until $stopping
  rescue Redis::BaseError => e
    warn e.message
    sleep 1
  end
end
