-- The index for searches, version 1: a database of its own, made anew whenever this file changes.

CREATE TABLE progress (
  one INTEGER PRIMARY KEY CHECK (one = 1),
  store_id BLOB NOT NULL,                     -- of which store it is
  epoch INTEGER NOT NULL,                     -- the last opening of the store that it saw
  position INTEGER NOT NULL DEFAULT 0         -- contents up to here are in, or cannot be
) STRICT;

-- The contents up to `position` that were there.
CREATE TABLE content (
  blob_id INTEGER PRIMARY KEY,
  indexed INTEGER NOT NULL                    -- 0: too long or not to be read, so it may hold anything
) STRICT;
CREATE INDEX content_open ON content(blob_id) WHERE indexed = 0;

-- Three characters each, of the texts in the form they are compared in. By blob_id.
CREATE VIRTUAL TABLE trigram USING fts5(
  text, content = '', contentless_delete = 1, detail = none, tokenize = 'trigram case_sensitive 1'
);
