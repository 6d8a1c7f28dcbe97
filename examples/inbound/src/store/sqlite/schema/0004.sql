-- Schema 4. The first UID that no session of IMAP was told of (\Recent). Mail of before counts as told.
ALTER TABLE mailbox ADD COLUMN recent_from INTEGER NOT NULL DEFAULT 1;
UPDATE mailbox SET recent_from = uidnext;
