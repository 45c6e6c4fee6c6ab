-- Version 3: a scan that was broken off goes on.

-- What a run was asked to scan, in order.
CREATE TABLE run_item (
  run INTEGER NOT NULL REFERENCES run (id),
  ordinal INTEGER NOT NULL,
  path BLOB NOT NULL,
  PRIMARY KEY (run, ordinal)
) STRICT, WITHOUT ROWID;

-- Where the scan of an item stands. Committed together with the rows that it covers, gone when the item is done.
CREATE TABLE scan_checkpoint (
  id INTEGER PRIMARY KEY,
  path TEXT NOT NULL UNIQUE,
  -- The image whose rows it covers; NULL before the item's turn to be written.
  image INTEGER REFERENCES image (id),
  -- What the rows depend on beside the evidence: program, configuration, hash sets.
  conditions TEXT NOT NULL CHECK (json_valid(conditions)),
  -- Digest of all that the scan planned: another digest, another evidence.
  plan BLOB NOT NULL CHECK (length(plan) = 32),
  parts INTEGER NOT NULL,
  elapsed_ns INTEGER NOT NULL,
  above_entry INTEGER NOT NULL,
  above_link INTEGER NOT NULL,
  state BLOB NOT NULL
) STRICT;

-- Results of streams whose part is not written yet.
CREATE TABLE scan_result (
  checkpoint INTEGER NOT NULL REFERENCES scan_checkpoint (id),
  part INTEGER NOT NULL,
  results BLOB NOT NULL
) STRICT;
CREATE INDEX scan_result_checkpoint ON scan_result (checkpoint);
