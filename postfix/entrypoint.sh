#!/bin/sh
# Starts the Postfix of the development stack: the shipped main.cf with other names and places, nothing else.
# Postern is reached by sockets in a shared volume, so that its name need not be looked up while it is stopped.
set -eu
postconf -e \
  "myhostname = ${MAIL_HOSTNAME}" \
  "postern_domain = ${MAIL_DOMAIN}" \
  "postern_lmtp = unix:/run/postern/lmtp.sock" \
  "postern_recipients = unix:/run/postern/recipients.sock" \
  "postern_policy = unix:/run/postern/policy.sock" \
  "maillog_file = /dev/stdout" \
  "maillog_file_prefixes = /var, /dev/stdout"
exec postfix start-fg
