-- Schema 1. Times are unix milliseconds in UTC, unless a column says otherwise. Every table is STRICT.
-- An id that the outside can see is AUTOINCREMENT: a number used again would name the wrong thing.

-- One row: what the store as a whole counts.
CREATE TABLE store (
  one INTEGER PRIMARY KEY CHECK (one = 1),
  store_id BLOB NOT NULL,                     -- 16 octets, made once: part of every cursor
  decoy_key BLOB NOT NULL,                    -- 32 octets: makes the secrets of accounts that do not exist
  last_uidvalidity INTEGER NOT NULL,          -- begins with the clock, then only counts
  epoch INTEGER NOT NULL DEFAULT 0,           -- how often the store was opened
  swept_epoch INTEGER NOT NULL DEFAULT 0,     -- files of this epoch and before are all named by a row
  feed_floor INTEGER NOT NULL DEFAULT 0       -- events at or below were purged
) STRICT;

CREATE TABLE account (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  name TEXT NOT NULL UNIQUE,                  -- user@domain, in lower case
  state INTEGER NOT NULL DEFAULT 0,           -- 0 active, 1 receive only, 2 suspended, 3 being deleted
  modseq INTEGER NOT NULL DEFAULT 0,          -- the highest given out
  quota_octets INTEGER, quota_messages INTEGER,
  used_octets INTEGER NOT NULL DEFAULT 0, used_messages INTEGER NOT NULL DEFAULT 0,
  created INTEGER NOT NULL
) STRICT;

-- What RCPT resolves. Several rows make a group; '*' is the catch-all.
CREATE TABLE address (
  domain TEXT NOT NULL, local TEXT NOT NULL,
  account_id INTEGER NOT NULL REFERENCES account ON DELETE CASCADE,
  PRIMARY KEY (domain, local, account_id)
) STRICT, WITHOUT ROWID;
CREATE INDEX address_account ON address(account_id);

CREATE TABLE credential (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  account_id INTEGER NOT NULL REFERENCES account ON DELETE CASCADE,
  label TEXT NOT NULL,
  scopes INTEGER NOT NULL,
  argon2 TEXT NOT NULL,                       -- PHC string
  created INTEGER NOT NULL, expires INTEGER, last_used INTEGER,
  UNIQUE (account_id, label)
) STRICT;

-- The dictionary of an account: slot is the bit in the flags of a message. It only grows.
CREATE TABLE keyword (
  account_id INTEGER NOT NULL REFERENCES account ON DELETE CASCADE,
  slot INTEGER NOT NULL CHECK (slot BETWEEN 8 AND 125),
  name TEXT NOT NULL COLLATE NOCASE,
  modseq INTEGER NOT NULL,                    -- no message has it with a smaller one
  PRIMARY KEY (account_id, slot), UNIQUE (account_id, name)
) STRICT, WITHOUT ROWID;

CREATE TABLE mailbox (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  account_id INTEGER NOT NULL REFERENCES account ON DELETE CASCADE,
  name TEXT NOT NULL,                         -- '/' between levels, INBOX in capitals; binary collation
  special_use INTEGER NOT NULL DEFAULT 0,
  uidvalidity INTEGER NOT NULL, uidnext INTEGER NOT NULL DEFAULT 1,
  modseq INTEGER NOT NULL,                    -- HIGHESTMODSEQ
  vanished_floor INTEGER NOT NULL DEFAULT 0,  -- tombstones at or below were purged
  messages INTEGER NOT NULL DEFAULT 0, unseen INTEGER NOT NULL DEFAULT 0,
  deleted INTEGER NOT NULL DEFAULT 0, octets INTEGER NOT NULL DEFAULT 0,
  UNIQUE (account_id, name)
) STRICT;

-- A name, not an id: it outlives the mailbox (RFC 9051 section 6.3.7).
CREATE TABLE subscription (
  account_id INTEGER NOT NULL REFERENCES account ON DELETE CASCADE, name TEXT NOT NULL,
  PRIMARY KEY (account_id, name)
) STRICT, WITHOUT ROWID;

-- One content. Mail to many is one row here.
CREATE TABLE blob (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  sha256 BLOB NOT NULL UNIQUE, octets INTEGER NOT NULL,
  epoch INTEGER, serial INTEGER,              -- the file; both NULL: in blob_inline
  layout BLOB,                                -- a stored mime_core layout, opaque here
  created INTEGER NOT NULL,
  doomed INTEGER                              -- when nothing was seen to name it
) STRICT;
CREATE INDEX blob_doomed ON blob(doomed) WHERE doomed IS NOT NULL;

CREATE TABLE blob_inline (
  blob_id INTEGER PRIMARY KEY REFERENCES blob ON DELETE CASCADE, octets BLOB NOT NULL
) STRICT;

-- Files whose row is gone and which are to be removed: a crash between the two leaves no litter.
CREATE TABLE doomed_file (
  epoch INTEGER NOT NULL, serial INTEGER NOT NULL, sha256 BLOB NOT NULL,
  PRIMARY KEY (epoch, serial)
) STRICT, WITHOUT ROWID;

CREATE TABLE thread (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  account_id INTEGER NOT NULL REFERENCES account ON DELETE CASCADE
) STRICT;

-- The hash of a Message-ID leads to its thread.
CREATE TABLE thread_ref (
  account_id INTEGER NOT NULL REFERENCES account ON DELETE CASCADE,
  ref BLOB NOT NULL, thread_id INTEGER NOT NULL,
  PRIMARY KEY (account_id, ref)
) STRICT, WITHOUT ROWID;

-- One content in one account; copies share it.
CREATE TABLE email (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  account_id INTEGER NOT NULL REFERENCES account ON DELETE CASCADE,
  blob_id INTEGER NOT NULL REFERENCES blob, thread_id INTEGER NOT NULL,
  sent INTEGER,                               -- seconds
  subject TEXT NOT NULL, sender TEXT NOT NULL, message_id TEXT
) STRICT;
CREATE INDEX email_account ON email(account_id);
CREATE INDEX email_blob ON email(blob_id);

-- One UID in one mailbox.
CREATE TABLE message (
  mailbox_id INTEGER NOT NULL REFERENCES mailbox ON DELETE CASCADE, uid INTEGER NOT NULL,
  modseq INTEGER NOT NULL, created_modseq INTEGER NOT NULL,
  flags INTEGER NOT NULL,                     -- bit 0 seen, 1 answered, 2 flagged, 3 deleted, 4 draft, 8..62 keywords
  flags2 INTEGER NOT NULL,                    -- keywords 63..125
  email_id INTEGER NOT NULL REFERENCES email, octets INTEGER NOT NULL,
  internal_date INTEGER NOT NULL,             -- seconds
  date_offset INTEGER NOT NULL,               -- minutes east of UTC
  save_date INTEGER NOT NULL,
  PRIMARY KEY (mailbox_id, uid)
) STRICT, WITHOUT ROWID;
CREATE INDEX message_modseq ON message(mailbox_id, modseq, created_modseq);
CREATE INDEX message_email ON message(email_id);

-- Tombstones, in runs.
CREATE TABLE vanished (
  mailbox_id INTEGER NOT NULL REFERENCES mailbox ON DELETE CASCADE, modseq INTEGER NOT NULL,
  first INTEGER NOT NULL, last INTEGER NOT NULL, at INTEGER NOT NULL,
  PRIMARY KEY (mailbox_id, modseq, first)
) STRICT, WITHOUT ROWID;
CREATE INDEX vanished_at ON vanished(at);

-- Deliveries whose final reply was not seen to arrive, by key.
CREATE TABLE delivered (
  key BLOB PRIMARY KEY, at INTEGER NOT NULL,
  mailbox_id INTEGER NOT NULL, uidvalidity INTEGER NOT NULL, uid INTEGER NOT NULL,
  email_id INTEGER NOT NULL, thread_id INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX delivered_at ON delivered(at);

-- The outbox: one row an operation, not a message. One writer, so the order of seq is the order of commit.
CREATE TABLE event (
  seq INTEGER PRIMARY KEY AUTOINCREMENT,
  account_id INTEGER NOT NULL, mailbox_id INTEGER NOT NULL, modseq INTEGER NOT NULL,
  kind INTEGER NOT NULL, detail BLOB NOT NULL,
  blob_id INTEGER REFERENCES blob,            -- kept as long as the event
  at INTEGER NOT NULL
) STRICT;
CREATE INDEX event_account ON event(account_id, seq);
CREATE INDEX event_mailbox ON event(mailbox_id, seq);
CREATE INDEX event_blob ON event(blob_id) WHERE blob_id IS NOT NULL;
CREATE INDEX event_at ON event(at);
