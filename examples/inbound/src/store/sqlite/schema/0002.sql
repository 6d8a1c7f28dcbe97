-- Schema 2. The keys of SCRAM beside each hash, in the text form of RFC 5803.
ALTER TABLE credential ADD COLUMN scram_sha1 TEXT;
ALTER TABLE credential ADD COLUMN scram_sha256 TEXT;
