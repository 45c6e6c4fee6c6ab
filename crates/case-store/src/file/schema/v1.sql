-- athar case file, schema version 1. Times are nanoseconds since 1970-01-01 UTC; offsets and sizes are bytes.

CREATE TABLE property (name TEXT PRIMARY KEY, value TEXT NOT NULL) STRICT, WITHOUT ROWID;

-- A run of the program over this case.
CREATE TABLE run (
  id INTEGER PRIMARY KEY,
  started INTEGER NOT NULL,
  finished INTEGER,
  state TEXT NOT NULL CHECK (state IN ('running', 'complete', 'incomplete', 'failed')),
  configuration TEXT NOT NULL CHECK (json_valid(configuration))
) STRICT;

-- An exhibit's image (or a plain folder) that was registered.
CREATE TABLE image (
  id INTEGER PRIMARY KEY,
  run INTEGER NOT NULL REFERENCES run (id),
  name TEXT NOT NULL,
  path TEXT NOT NULL,
  container TEXT NOT NULL,
  reason TEXT NOT NULL,
  bytes INTEGER,
  sector_bytes INTEGER,
  state TEXT NOT NULL CHECK (state IN ('scanning', 'complete', 'incomplete', 'failed')),
  medium_complete INTEGER CHECK (medium_complete IN (0, 1)),
  md5 BLOB CHECK (length(md5) = 16),
  sha1 BLOB CHECK (length(sha1) = 20),
  sha256 BLOB CHECK (length(sha256) = 32),
  blake3 BLOB CHECK (length(blake3) = 32),
  scan_ns INTEGER,
  error TEXT
) STRICT;

CREATE TABLE segment (image INTEGER NOT NULL REFERENCES image (id), ordinal INTEGER NOT NULL, name TEXT NOT NULL, bytes INTEGER NOT NULL,
  PRIMARY KEY (image, ordinal)) STRICT, WITHOUT ROWID;
-- What the container claims; never verified by us.
CREATE TABLE claim (image INTEGER NOT NULL REFERENCES image (id), ordinal INTEGER NOT NULL, field TEXT NOT NULL, value TEXT NOT NULL,
  PRIMARY KEY (image, ordinal)) STRICT, WITHOUT ROWID;
CREATE TABLE stored_digest (image INTEGER NOT NULL REFERENCES image (id), algorithm TEXT NOT NULL, digest BLOB NOT NULL, place TEXT NOT NULL,
  agrees INTEGER CHECK (agrees IN (0, 1)), PRIMARY KEY (image, algorithm, place, digest)) STRICT, WITHOUT ROWID;
-- Ranges of a medium that could not be read.
CREATE TABLE unreadable_range (image INTEGER NOT NULL REFERENCES image (id), start INTEGER NOT NULL, length INTEGER NOT NULL, why TEXT NOT NULL,
  PRIMARY KEY (image, start)) STRICT, WITHOUT ROWID;

CREATE TABLE volume (
  id INTEGER PRIMARY KEY,
  image INTEGER NOT NULL REFERENCES image (id),
  ordinal INTEGER NOT NULL,
  scheme TEXT NOT NULL,
  number INTEGER NOT NULL,
  role TEXT NOT NULL,
  start INTEGER NOT NULL,
  length INTEGER NOT NULL,
  extents TEXT CHECK (extents IS NULL OR json_valid(extents)),
  type_code TEXT NOT NULL,
  name TEXT NOT NULL,
  encryption TEXT
) STRICT;

CREATE TABLE file_system (
  id INTEGER PRIMARY KEY,
  volume INTEGER NOT NULL REFERENCES volume (id),
  kind TEXT NOT NULL,
  reason TEXT NOT NULL,
  state TEXT NOT NULL CHECK (state IN ('read', 'unsupported', 'failed')),
  label TEXT NOT NULL,
  serial TEXT NOT NULL,
  block_bytes INTEGER NOT NULL,
  blocks INTEGER NOT NULL,
  unallocated_bytes INTEGER
) STRICT;

-- What the file system's metadata counts, and what the scan accounted for.
CREATE TABLE tally (file_system INTEGER NOT NULL REFERENCES file_system (id), what TEXT NOT NULL, expected INTEGER NOT NULL,
  found INTEGER NOT NULL, PRIMARY KEY (file_system, what)) STRICT, WITHOUT ROWID;

CREATE TABLE problem (
  id INTEGER PRIMARY KEY,
  image INTEGER NOT NULL REFERENCES image (id),
  file_system INTEGER REFERENCES file_system (id),
  number INTEGER,
  severity TEXT NOT NULL CHECK (severity IN ('note', 'damage')),
  structure TEXT NOT NULL,
  at INTEGER,
  text TEXT NOT NULL
) STRICT;

CREATE TABLE directory (
  id INTEGER PRIMARY KEY,
  file_system INTEGER NOT NULL REFERENCES file_system (id),
  path TEXT NOT NULL
) STRICT;

-- One stream, or one object without content.
CREATE TABLE entry (
  id INTEGER PRIMARY KEY,
  file_system INTEGER NOT NULL REFERENCES file_system (id),
  number INTEGER NOT NULL,
  generation INTEGER NOT NULL,
  stream INTEGER NOT NULL,
  stream_kind TEXT NOT NULL,
  stream_name TEXT NOT NULL,
  stream_raw BLOB,
  directory INTEGER NOT NULL REFERENCES directory (id),
  name TEXT NOT NULL,
  name_raw BLOB,
  encoding TEXT NOT NULL,
  kind TEXT NOT NULL,
  state TEXT NOT NULL CHECK (state IN ('allocated', 'deleted')),
  orphan INTEGER NOT NULL CHECK (orphan IN (0, 1)),
  metadata INTEGER NOT NULL CHECK (metadata IN (0, 1)),
  at INTEGER NOT NULL,
  size INTEGER NOT NULL,
  valid INTEGER NOT NULL,
  modified INTEGER,
  accessed INTEGER,
  changed INTEGER,
  created INTEGER,
  deleted INTEGER,
  times_raw BLOB,
  name_times_raw BLOB,
  mode INTEGER,
  uid INTEGER,
  gid INTEGER,
  links INTEGER,
  attributes INTEGER NOT NULL,
  target TEXT,
  target_raw BLOB,
  details TEXT CHECK (details IS NULL OR json_valid(details)),
  confidence TEXT,
  extents BLOB,
  disposition TEXT NOT NULL,
  rule TEXT,
  content_type TEXT,
  md5 BLOB CHECK (length(md5) = 16),
  sha1 BLOB CHECK (length(sha1) = 20),
  sha256 BLOB CHECK (length(sha256) = 32),
  blake3 BLOB CHECK (length(blake3) = 32)
) STRICT;

-- Ranges of a stream that could not be read.
CREATE TABLE unreadable_part (entry INTEGER NOT NULL REFERENCES entry (id), start INTEGER NOT NULL, length INTEGER NOT NULL, why TEXT NOT NULL,
  PRIMARY KEY (entry, start)) STRICT, WITHOUT ROWID;

-- Further names of a record: hard links, 8.3 names, names left in slack.
CREATE TABLE link (
  id INTEGER PRIMARY KEY,
  file_system INTEGER NOT NULL REFERENCES file_system (id),
  number INTEGER NOT NULL,
  generation INTEGER,
  directory INTEGER NOT NULL REFERENCES directory (id),
  name TEXT NOT NULL,
  name_raw BLOB,
  encoding TEXT NOT NULL,
  space TEXT NOT NULL CHECK (space IN ('primary', 'short')),
  state TEXT NOT NULL CHECK (state IN ('allocated', 'deleted')),
  at INTEGER NOT NULL,
  times_raw BLOB
) STRICT;

CREATE TABLE hash_set (
  id INTEGER PRIMARY KEY,
  digest BLOB NOT NULL UNIQUE CHECK (length(digest) = 32),
  name TEXT NOT NULL,
  version TEXT NOT NULL
) STRICT;

CREATE TABLE hit (
  entry INTEGER NOT NULL REFERENCES entry (id),
  hash_set INTEGER NOT NULL REFERENCES hash_set (id),
  algorithm TEXT NOT NULL,
  digest BLOB NOT NULL,
  disposition TEXT NOT NULL,
  class TEXT NOT NULL,
  label TEXT NOT NULL,
  PRIMARY KEY (entry, hash_set, algorithm, label)
) STRICT, WITHOUT ROWID;
