-- Version 4: rules, problems and reasons are kinds with values (a JSON array: the key, then the values); words are made where
-- a person reads them. Rows of before keep their sentences, and their digest.

-- How the rows of an image take part in the digest of the index. 2: with sentences; 3: with kinds and values.
ALTER TABLE image ADD COLUMN digest_version INTEGER NOT NULL DEFAULT 2 CHECK (digest_version IN (2, 3));
ALTER TABLE problem RENAME COLUMN text TO statement;
