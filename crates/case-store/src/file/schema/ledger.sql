-- The custody ledger, the same in a case file and in the lab's own file. Append-only by triggers: these prevent accidents; the
-- hash chain and checkpoints held elsewhere give the proof.
CREATE TABLE custody_entry (
  seq INTEGER PRIMARY KEY CHECK (seq > 0),
  prev BLOB NOT NULL CHECK (length(prev) = 32),
  body BLOB NOT NULL,
  hash BLOB NOT NULL UNIQUE CHECK (length(hash) = 32),
  actor_signature BLOB
) STRICT;
CREATE TRIGGER custody_entry_insert BEFORE INSERT ON custody_entry
  WHEN NEW.seq <> (SELECT coalesce(max(seq), 0) + 1 FROM custody_entry)
    OR NEW.prev <> coalesce((SELECT hash FROM custody_entry ORDER BY seq DESC LIMIT 1), zeroblob(32))
  BEGIN SELECT raise(ABORT, 'custody ledger: the entry does not continue the chain'); END;
CREATE TRIGGER custody_entry_update BEFORE UPDATE ON custody_entry
  BEGIN SELECT raise(ABORT, 'custody ledger: entries are never changed; append a correction'); END;
CREATE TRIGGER custody_entry_delete BEFORE DELETE ON custody_entry
  BEGIN SELECT raise(ABORT, 'custody ledger: entries are never deleted'); END;
CREATE TABLE custody_checkpoint (seq INTEGER PRIMARY KEY, note BLOB NOT NULL, timestamp_token BLOB, witness BLOB) STRICT;
