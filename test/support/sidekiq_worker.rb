# The worker of the tests: notes what it begins and what it has done, each time it is run, in lists of the same Redis.
require 'sidekiq'
require 'json'

redis = { url: ENV.fetch('REDIS_URL') }
Sidekiq.configure_server { |config| config.redis = redis }

class EmailReceiverWorker
  include Sidekiq::Worker

  def perform(raw)
    Sidekiq.redis { |redis| redis.rpush('test:started', jid) }
    sleep(Integer(ENV.fetch('WORK_MS', '0')) / 1000.0)
    Sidekiq.redis { |redis| redis.rpush('test:done', JSON.generate(jid: jid, raw: raw)) }
  end
end
