-- Schema 5. The beginning of the text of a message (RFC 8970), made when a client first asks for it.
ALTER TABLE blob ADD COLUMN preview TEXT;
