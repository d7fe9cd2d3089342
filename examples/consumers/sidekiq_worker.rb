# A Sidekiq worker that takes mail pushed by Postern: sidekiq -r ./sidekiq_worker.rb -q default
# Sidekiq runs a job at least once: the jid is the same for the same mail, and what was done for it is noted in the same step
# as the work itself. Here both are one command of Redis; with a database they are one transaction and a unique index.
require 'sidekiq'
require 'json'

redis = { url: ENV.fetch('REDIS_URL', 'redis://127.0.0.1:6379/0') }
Sidekiq.configure_server { |config| config.redis = redis }

class EmailReceiverWorker
  include Sidekiq::Worker

  def perform(raw)
    Sidekiq.redis { |redis| redis.rpush('app:started', jid) }
    sleep(Integer(ENV.fetch('WORK_MS', '0')) / 1000.0) # your work
    subject = raw[/^subject: *(.*?)\r?$/i, 1]
    Sidekiq.redis { |redis| redis.set("app:mail:#{jid}", JSON.generate(subject: subject, octets: raw.bytesize), nx: true) }
  end
end
