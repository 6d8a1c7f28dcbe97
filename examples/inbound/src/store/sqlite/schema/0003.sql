-- Schema 3. The octets that POP3 sends of a message, where they differ: line ends that are no CRLF, and a
-- last line without one, get it on the way out.
ALTER TABLE message ADD COLUMN crlf_octets INTEGER;
