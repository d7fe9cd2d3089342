#!/bin/sh
# Starts the Postfix of the development stack: the shipped main.cf with other names and places, nothing else.
set -eu
postconf -e \
  "myhostname = ${MAIL_HOSTNAME}" \
  "myorigin = ${MAIL_DOMAIN}" \
  "relay_domains = ${MAIL_DOMAIN}" \
  "relay_transport = lmtp:unix:/run/postern/lmtp.sock" \
  "maillog_file = /dev/stdout" \
  "maillog_file_prefixes = /var, /dev/stdout"
exec postfix start-fg
