-- Version 2: two entries of one set with the same digest and name, but another meaning, are two hits.
CREATE TABLE hit_2 (
  entry INTEGER NOT NULL REFERENCES entry (id),
  hash_set INTEGER NOT NULL REFERENCES hash_set (id),
  algorithm TEXT NOT NULL,
  digest BLOB NOT NULL,
  disposition TEXT NOT NULL,
  class TEXT NOT NULL,
  label TEXT NOT NULL,
  PRIMARY KEY (entry, hash_set, algorithm, label, disposition, class)
) STRICT, WITHOUT ROWID;
INSERT INTO hit_2 SELECT entry, hash_set, algorithm, digest, disposition, class, label FROM hit;
DROP TABLE hit;
ALTER TABLE hit_2 RENAME TO hit;
CREATE INDEX hit_set ON hit (hash_set);

-- Hits of `hash_set` that `by`, a later version of it, no longer lists. The hits themselves stay.
CREATE TABLE withdrawal (
  entry INTEGER NOT NULL REFERENCES entry (id),
  hash_set INTEGER NOT NULL REFERENCES hash_set (id),
  by INTEGER NOT NULL REFERENCES hash_set (id),
  PRIMARY KEY (entry, hash_set, by)
) STRICT, WITHOUT ROWID;

-- What reading the content of a hit again showed.
CREATE TABLE content_check (
  entry INTEGER PRIMARY KEY REFERENCES entry (id),
  agrees INTEGER NOT NULL CHECK (agrees IN (0, 1)),
  sha1_collision INTEGER NOT NULL CHECK (sha1_collision IN (0, 1)),
  repeated_byte INTEGER CHECK (repeated_byte BETWEEN 0 AND 255)
) STRICT;
