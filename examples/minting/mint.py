"""Mints a signed key for Postern (docs/signed-keys.md). Needs nothing but Python 3."""

import base64
import hashlib
import hmac


def mint(secret, key_id, mailbox, route, subject, expires=None):
    """secret: the decoded octets, 32 or more; expires: seconds since 1970, None for a key that is good as long as its secret."""
    name = subject.encode("utf-8")
    if len(secret) < 32:
        raise ValueError("the secret has fewer than 32 octets")
    if not 1 <= key_id <= 255:
        raise ValueError("the key id is not 1 to 255")
    if not 1 <= len(name) <= 32:
        raise ValueError("the subject has not 1 to 32 octets")
    expiry = b"" if expires is None else int(expires).to_bytes(4, "big")
    body = bytes([0x10 if expires is None else 0x11, key_id]) + expiry + name

    mac = hmac.new(secret, digestmod=hashlib.sha256)
    for field in (b"postern key 1", mailbox.encode("utf-8"), route.encode("utf-8"), body):
        mac.update(len(field).to_bytes(4, "big") + field)
    return base64.b32encode(body + mac.digest()[:12]).decode("ascii").rstrip("=").lower()
